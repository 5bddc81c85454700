"""The levels of fidelity: how near a legacy field's value is to what it was."""

from __future__ import annotations

from enum import StrEnum


class Fidelity(StrEnum):
    """How close a legacy field's value is to what it was."""

    EXACT = "exact"
    """The same value with the same meaning."""
    RENAMED = "renamed"
    """The same value under another name or spelling."""
    CONSTANT = "constant"
    """True of every such resource."""
    DERIVED = "derived"
    """Computed, or near the old meaning."""
    MISSING = "missing"
    """Upstream did not send what it comes from; left out. Only replies have it, documents do not."""
    ABSENT = "absent"
    """Cannot be known; left out."""
