"""What an error code of the shim's own means, by its section of docs/reference/errors.md, which is in the package."""

from __future__ import annotations

import posixpath
import re

from shim.documents.load import shipped, text_of
from shim.documents.tables import did_you_mean, nearest
from shim.errors import SettingsError

PAGE = "docs/reference/errors.md"
_SECTION = re.compile(r"^## (SHIM_\w+)\n(.+?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_POINT = re.compile(r"^- \*\*(\w+):\*\* (.+?)(?=^- |\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)[^)]*\)")


def meaning_of(code: str) -> dict[str, str]:
    """Return what the page says of a code, by name (``Status``, ``Executed``, ``Cause``, ``Cure``), each in one line.

    A link is its text and the page's path in the repository. Raises SettingsError for a code without a section.
    """
    sections = dict(_SECTION.findall(text_of(shipped(PAGE))))
    if code not in sections:
        near = nearest(code.removeprefix("SHIM_"), [one.removeprefix("SHIM_") for one in sections])
        hint = did_you_mean(near and f"SHIM_{near}") or "; it may come from a mapping document of yours"
        raise SettingsError(f"{code}: is no error code of atlas-shim{hint}")
    return {name: _LINK.sub(_named, " ".join(said.split())) for name, said in _POINT.findall(sections[code])}


def _named(link: re.Match[str]) -> str:
    return f"{link[1]} ({posixpath.normpath(posixpath.join(posixpath.dirname(PAGE), link[2]))})"
