"""What the tests of ``deploy/`` share."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.gateway_life.conftest import port
from tests.release.conftest import NEWEST

__all__ = ["port"]

DEPLOY = Path(__file__).parents[2] / "deploy"
IMAGE = f"registry.example.com/atlas-shim:{NEWEST}"


def program(name: str) -> str:
    """Return where a program is, also one that pip installed; skips the test if the program is missing."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
