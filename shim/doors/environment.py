"""The environment variables that a program with the drop-in obeys; light, since ``import shim.auto`` loads this."""

from __future__ import annotations

import os

from shim.errors import SettingsError

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

INVENTORY = "ATLAS_SHIM_INVENTORY"
WARNINGS = "ATLAS_SHIM_WARNINGS"
VARIABLES = (
    "ATLAS_SHIM_MAPPINGS",
    "ATLAS_SHIM_READS",
    "ATLAS_SHIM_ROUTE",
    "ATLAS_SHIM_SUNSET",
    "ATLAS_SHIM_UPSTREAM",
    "ATLAS_SHIM_WRITES",
    INVENTORY,
    WARNINGS,
)
"""The shim's own. A change of any counts with the next call."""

NEED_DOCUMENTS = frozenset({"ATLAS_SHIM_MAPPINGS", "ATLAS_SHIM_READS", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_WRITES"})
"""Those that name something in the documents, or the documents themselves."""

CHECKED = "_ATLAS_SHIM_CHECKED"
"""Set by ``atlas-shim run`` to what ``settings_in`` returned there: a child that finds the same need not check it."""

WORDS = ("off", "once", "always", "error")
"""The words of ``ATLAS_SHIM_WARNINGS``."""

Raw = tuple[object, ...]
"""Values as the process holds them, None for a variable that is not set: good for comparing and nothing else."""


class Variables:
    """Some variables, looked at again and again to see whether they changed.

    ``os.environ`` raises two exceptions for each variable that is not set, which is nearly all of them: together
    that was a tenth of what the drop-in costs. So the dictionary below it is asked, if there is one.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._keys: tuple[object, ...] = tuple(map(os.fsencode, self._names)) if os.name == "posix" else self._names

    def raw(self) -> Raw:
        """Return the values at this moment."""
        held: Any = getattr(os.environ, "_data", None)
        if held is None:  # another mapping in its place
            return tuple(map(os.environ.get, self._names))
        return tuple(map(held.get, self._keys))


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the drop-in's own variables, as far as they are set."""
    return {name: environ[name] for name in VARIABLES if environ.get(name)}


def as_mark(settings: Mapping[str, str]) -> str:
    """Return settings as the value of ``CHECKED``."""
    return "\n".join(f"{name}={value}" for name, value in settings.items())


def read_word(environ: Mapping[str, str]) -> str:
    """Return the word of ``ATLAS_SHIM_WARNINGS``, ``once`` by default; raises SettingsError on any other."""
    word = (environ.get(WARNINGS) or "once").strip()
    if word not in WORDS:
        raise SettingsError(f"{WARNINGS}: {word!r} is not one of {', '.join(WORDS)}")
    return word
