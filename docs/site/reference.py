"""Write the files that are generated from code: ``python docs/site/reference.py``.

``settings.md``, ``errors.md`` and ``deploy/shim.toml`` are committed, because people
read them with the code; a test compares them with the output. The build of the site
generates the pages of fields, of commands and of the Python API.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from makers.commands import commands
from makers.error_codes import error_codes_page
from makers.fields import fields
from makers.option_file import option_file
from makers.python_api import python_api
from makers.settings import settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"

COMMITTED: dict[Path, Callable[[], str]] = {
    REFERENCE / "settings.md": settings,
    REFERENCE / "errors.md": error_codes_page,
    ROOT / "deploy" / "shim.toml": option_file,
}

OF_THE_SITE: dict[Path, Callable[[], str]] = {
    REFERENCE / "fields.md": cache(fields),
    REFERENCE / "commands.md": cache(commands),
    REFERENCE / "python.md": cache(python_api),
}
"""Pages that the build of the site generates, by the paths that links use."""


if __name__ == "__main__":
    for path, make in COMMITTED.items():
        path.write_text(make(), encoding="utf-8")
