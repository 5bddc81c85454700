"""Where PyInstaller finds the files to add to a program: the entry point ``pyinstaller40`` names this."""

from __future__ import annotations

from pathlib import Path


def hook_dirs() -> list[str]:
    """Return the folder of the hook."""
    return [str(Path(__file__).parent)]
