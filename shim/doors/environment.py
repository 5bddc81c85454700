"""Looking at a few environment variables for every call of a program, without paying for it."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as type checkers know it; see the package's front
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

VARIABLES = (
    "ATLAS_SHIM_MAPPINGS",
    "ATLAS_SHIM_ROUTE",
    "ATLAS_SHIM_SUNSET",
    "ATLAS_SHIM_UPSTREAM",
    "ATLAS_SHIM_WRITES",
)
"""What engine and settings depend on: while these stay as they are, so do both."""

NEED_DOCUMENTS = frozenset({"ATLAS_SHIM_MAPPINGS", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_WRITES"})
"""Those that name something in the documents, or the documents themselves."""

WARNINGS = "ATLAS_SHIM_WARNINGS"

CHECKED = "_ATLAS_SHIM_CHECKED"
"""Set by ``atlas-shim run`` to what ``settings_in`` returned there: a child that finds the same need not check it."""


Raw = tuple[object, ...]
"""Values as the process holds them, None where there are none: good for comparing and for nothing else."""


class Variables:
    """Some variables, looked at again and again to see whether they changed.

    ``os.environ`` raises two exceptions for each one that is not set, which is nearly all of them: together that was
    a tenth of what the drop-in costs. So the dictionary below it is asked, where there is one.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._held: Any = None
        self._keys: tuple[object, ...] = ()

    def raw(self) -> Raw:
        """Return the values at this moment."""
        environ = os.environ
        held = getattr(environ, "_data", None)
        if held is None:  # another mapping in its place
            return tuple(map(environ.get, self._names))
        if held is not self._held:
            self._keys, self._held = tuple(map(environ.encodekey, self._names)), held
        return tuple(map(held.get, self._keys))


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the drop-in's own variables, as far as they are set."""
    return {name: environ[name] for name in (*VARIABLES, WARNINGS) if environ.get(name)}


def as_mark(settings: Mapping[str, str]) -> str:
    """Return settings as the value of ``CHECKED``."""
    return "\n".join(f"{name}={value}" for name, value in settings.items())
