"""The members of a JSON object by dotted name, as the mapping documents name fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

DEPTH = 8
"""How deep names go; what is nested deeper is one value."""


def members(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an object, those of objects in it as ``outer.inner``; an empty object is a value."""
    return dict(_leaves(value, "", DEPTH))


def _leaves(value: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict) and inner and depth:
            yield from _leaves(inner, f"{prefix}{name}.", depth - 1)
        else:
            yield f"{prefix}{name}", inner
