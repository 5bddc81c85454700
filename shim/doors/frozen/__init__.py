"""Tell PyInstaller which files to add; ``pyinstaller40`` names this package."""

from __future__ import annotations

from pathlib import Path


def hook_dirs() -> list[str]:
    """Return the folder of the hook."""
    return [str(Path(__file__).parent)]
