"""The meaning of an error code, as ``explain`` writes it."""

from __future__ import annotations

import posixpath
import re

from shim.cli import output
from shim.codes import error_codes
from shim.documents.tables import did_you_mean, nearest
from shim.errors import SettingsError

PAGE = "docs/reference/errors.md"
"""The page of error codes; the links in its texts are relative to it."""
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)[^)]*\)")


def write_code(code: str, form: str) -> None:
    """Write the meaning of a code, as text or JSON.

    Raises SettingsError for a code that is not in the table.
    """
    said = meaning_of(code)
    if form == "json":
        output.write_json(
            {"errorCode": code} | {name.lower(): text for name, text in said.items()}
        )
    else:
        output.heading(code)
        output.facts(said.items())


def meaning_of(code: str) -> dict[str, str]:
    """Return the table's entry for a code, by column name, each in one line.

    The names are ``Status``, ``Executed``, ``Cause`` and ``Cure``. A link becomes its
    text and the page's path in the repository. Raises SettingsError for a code that is
    not in the table.
    """
    codes = error_codes()
    if code not in codes:
        own = {one.removeprefix("SHIM_"): one for one in codes}
        near = nearest(code.removeprefix("SHIM_"), own)
        hint = (
            did_you_mean(own.get(near, ""))
            or "; it may come from one of your mapping documents"
        )
        raise SettingsError(f"{code}: is not an error code of atlas-shim{hint}")
    known = codes[code]
    said = {
        "Status": known.status,
        "Executed": known.executed,
        "Cause": known.cause,
        "Cure": f"{known.cure} {known.more}",
    }
    found = {}
    for name, text in said.items():
        if text:
            found[name] = _LINK.sub(_link_named, " ".join(text.split()))
    return found


def _link_named(link: re.Match[str]) -> str:
    return f"{link[1]} ({posixpath.normpath(posixpath.join(posixpath.dirname(PAGE), link[2]))})"
