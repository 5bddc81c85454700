"""The words of ``ATLAS_SHIM_WARNINGS``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shim.doors.environment import WARNINGS
from shim.errors import SettingsError


class WarningsWord(StrEnum):
    """The words of ``ATLAS_SHIM_WARNINGS``."""

    OFF = "off"
    ONCE = "once"
    ALWAYS = "always"
    ERROR = "error"


def read_word(environ: Mapping[str, str]) -> WarningsWord:
    """Return the word of ``ATLAS_SHIM_WARNINGS``, ``once`` by default; raises SettingsError on any other."""
    word = environ.get(WARNINGS) or "once"
    try:
        return WarningsWord(word.strip())
    except ValueError:
        raise SettingsError(f"{WARNINGS}: {word!r} is not one of {', '.join(WarningsWord)}") from None
