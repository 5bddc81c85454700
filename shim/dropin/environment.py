"""Looking at a few environment variables for every call of a program, without paying for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

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
