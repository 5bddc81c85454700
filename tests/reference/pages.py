"""The generated pages of ``docs/reference``, and what each is made by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.reference.commands import commands
from tests.reference.python_api import python_api
from tests.reference.settings import settings

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "python.md": python_api,
    "settings.md": settings,
}
