"""Finds the conversion from new values to old ones: keys of a rule that hold for every recorded value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from shim.tools.draft.descriptions import Member
from shim.tools.draft.pairs import same_value

Options = Mapping[str, Any]
"""Keys of a rule besides ``from``; ``list`` and ``count`` stand for those verbs."""
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def learned(values: Sequence[tuple[Any, Any]], old: Member, new: Member) -> Options | None:
    """Return options that turn every new value into its old one, None if no options do.

    ``values`` are (old, new); the types of both members are in a document's words.
    """
    for options, convert in _conversions(values, old, new):
        with suppress(TypeError, ValueError, KeyError):
            if all(same_value(convert(value), wanted) for wanted, value in values):
                return options
    return None


def _conversions(
    values: Sequence[tuple[Any, Any]], old: Member, new: Member
) -> Iterator[tuple[Options, Callable[[Any], Any]]]:
    """Yield the options that the types allow, the simplest first."""
    kinds, (one, two) = {old.type, new.type}, values[0]
    yield {"whole": True} if (old.type, new.type) == ("integer", "number") else {}, lambda value: value
    if kinds <= {"integer", "number"} and all(type(number) in {int, float} and number for number in (one, two)):
        if (one / two).is_integer():
            yield {"factor": int(one / two)}, lambda value: value * int(one / two)
        elif (two / one).is_integer():
            yield {"factor": f"1/{int(two / one)}"}, lambda value: value / int(two / one)
    if kinds <= _SCALARS and "string" in kinds:
        yield {"cast": True}, _text if old.type == "string" else json.loads
    if old.type == "integer":
        yield {"count": True}, len
    if old.type in {"strings", "objects"}:
        yield {"list": True}, lambda value: [value]
    # A table has few words, all in the description; names and ids are not words.
    table = {_text(value): wanted for wanted, value in values}
    if all(each.words or each.type == "boolean" for each in (old, new)) and len(set(table.values())) > 1:
        yield {"values": table}, lambda value: table[_text(value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
