"""Fixtures for the tests of ``deploy/``."""

from pathlib import Path

from tests.gateway.life.conftest import port
from tests.release.conftest import NEWEST, program

__all__ = ["port", "program"]

DEPLOY = Path(__file__).parents[2] / "deploy"
IMAGE = f"registry.example.com/atlas-shim:{NEWEST}"
