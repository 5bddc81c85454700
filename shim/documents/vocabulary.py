"""The words of the document language: levels of fidelity, verbs, and what a value may be cast by."""

from __future__ import annotations

from enum import StrEnum


class Fidelity(StrEnum):
    """How close a legacy field's value is to what it was."""

    EXACT = "exact"
    """The same value with the same meaning."""
    RENAMED = "renamed"
    """The same value under another name or spelling."""
    DERIVED = "derived"
    """Computed, or near the old meaning."""
    CONSTANT = "constant"
    """True of every such resource."""
    MISSING = "missing"
    """Upstream did not send what it comes from; left out. Only replies have it, documents do not."""
    ABSENT = "absent"
    """Cannot be known; left out."""

    def worse_than(self, other: Fidelity) -> bool:
        """Tell whether this is further from the old meaning than another."""
        levels = tuple(Fidelity)
        return levels.index(self) > levels.index(other)


class Verb(StrEnum):
    """How a field gets its value."""

    FROM = "from"
    PARAMETER = "parameter"
    CONSTANT = "constant"
    COUNT = "count"
    LIST = "list"
    ONLY = "only"
    EQUALS = "equals"
    PASSED = "passed"
    LINK = "link"
    ABSENT = "absent"


class Cast(StrEnum):
    """What a ``from`` rule makes of a value before it is looked at as one of the field's type."""

    NONE = ""
    TEXT = "cast"
    """Text becomes what the field's type says, or that becomes text."""
    FACTOR = "factor"
    JOIN = "join"
    SPLIT = "split"
