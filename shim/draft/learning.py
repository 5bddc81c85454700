"""The options of a ``from`` rule that turn new values into old ones: learned from pairs, or guessed from shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shim.draft.names import counts, spelling, unit_factor
from shim.draft.shapes import Shape
from shim.draft.sources import MISSING

Options = Mapping[str, Any]
"""Keys of a rule beside ``from``; ``list`` and ``count`` stand for those verbs."""

_SEPARATORS = (",", ", ", ";", " ", "|", "\n")
_MOST_WORDS = 24
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "enabled", "active"), True),
    **dict.fromkeys(("false", "no", "off", "disabled", "inactive"), False),
}


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal; true is not 1 here, and 1 is 1.0."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return bool(one == other)


def learned(values: Sequence[tuple[Any, Any]], old: Shape, new: Shape) -> Options | None:
    """Return options with which every new value becomes its old one; ``values`` are (old, new); None without any."""
    if not values:
        return None
    tries: tuple[Callable[[], Options | None], ...] = (
        lambda: {} if old.kind == new.kind or {old.kind, new.kind} == {"integer", "number"} else None,
        lambda: {"whole": True} if old.kind == "integer" and new.kind == "number" else None,
        lambda: {"cast": True} if _castable(old, new) else None,
        lambda: {"count": True} if (old.kind, new.kind) == ("integer", "array") else None,
        lambda: {"list": True} if old.type in {"strings", "objects"} else None,
        lambda: _factor(values),
        lambda: _joined(values),
        lambda: _split(values),
        lambda: _words(values, old, new),
    )
    for attempt in tries:
        options = attempt()
        if options is not None and all(same_value(applied(options, value, old), wanted) for wanted, value in values):
            return options
    return None


def _castable(old: Shape, new: Shape) -> bool:
    plain = {"integer", "number", "boolean"}
    if "time" in {old.type, new.type}:  # which is no text that a cast makes or reads
        return False
    return (old.kind == "string" and new.kind in plain) or (new.kind == "string" and old.kind in plain)


def applied(options: Options, value: Any, old: Shape) -> Any:
    """Return what a rule with these options makes of a value, MISSING where it makes none."""
    try:
        if "values" in options:
            key = str(value).lower() if isinstance(value, bool) else str(value)
            return options["values"].get(key, MISSING)
        if "cast" in options:
            return _cast(value, old.kind)
        if "factor" in options:
            number = options["factor"]
            over = float(number.removeprefix("1/")) if isinstance(number, str) else 0
            made = value / over if over else value * number
            return int(made) if old.kind == "integer" and made == int(made) else made
        if "whole" in options:
            return int(value) if value == int(value) else MISSING
        if "count" in options:
            return len(value)
        if "join" in options:
            return options["join"].join(value)
        if "split" in options:
            return value.split(options["split"])
    except (TypeError, ValueError, AttributeError):
        return MISSING
    return [value] if "list" in options else value


def _cast(value: Any, kind: str) -> Any:
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "boolean":
        return {"true": True, "false": False}[str(value)] if str(value) in {"true", "false"} else MISSING
    return int(value) if kind == "integer" else float(value)


def _factor(values: Sequence[tuple[Any, Any]]) -> Options | None:
    numbers = [(old, new) for old, new in values if type(old) in {int, float} and type(new) in {int, float}]
    if len(numbers) < len(values) or len({old for old, _ in numbers}) < 2:
        return None
    ratios = [old / new for old, new in numbers if new]
    return factor_option(ratios[0]) if ratios else None


def factor_option(ratio: float) -> Options | None:
    """Return the option for a ratio of whole numbers with 1, which all units of size and time have."""
    if ratio > 1 and ratio == int(ratio):
        return {"factor": int(ratio)}
    over = round(1 / ratio) if 0 < ratio < 1 else 0
    return {"factor": f"1/{over}"} if over and abs(ratio * over - 1) < 1e-9 else None


def _joined(values: Sequence[tuple[Any, Any]]) -> Options | None:
    if not all(isinstance(old, str) and isinstance(new, list) for old, new in values):
        return None
    for separator in _SEPARATORS:
        if all(all(isinstance(one, str) for one in new) and separator.join(new) == old for old, new in values):
            return {"join": separator} if any(len(new) > 1 for _, new in values) else None
    return None


def _split(values: Sequence[tuple[Any, Any]]) -> Options | None:
    if not all(isinstance(old, list) and isinstance(new, str) for old, new in values):
        return None
    for separator in _SEPARATORS:
        if all(new.split(separator) == old for old, new in values):
            return {"split": separator}
    return None


def _words(values: Sequence[tuple[Any, Any]], old_shape: Shape, new: Shape) -> Options | None:
    """Return the table of a value that follows from few words of the new side, each of which was seen twice."""
    if not all(type(one) in {str, bool, int} and type(two) in {str, bool, int} for one, two in values):
        return None
    if {type(one) for one, _ in values} not in ({str}, {bool}):
        return None
    table: dict[str, Any] = {}
    for old, value in values:
        key = str(value).lower() if isinstance(value, bool) else str(value)
        if not same_value(table.setdefault(key, old), old):
            return None
    few = len(table) <= len(values) / 2 or set(table) <= set(new.words) or new.kind == "boolean"
    if not few or len(table) > _MOST_WORDS or len(set(map(str, table.values()))) < 2:
        return None
    # Words that no pair had go by their spelling.
    by_spelling, _ = word_table(old_shape.words or [one for one in table.values() if isinstance(one, str)], new.words)
    return {"values": {**by_spelling, **table}}


def word_table(old: Sequence[str], new: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the table of words that differ in spelling only, and the new words that no old one is like."""
    by_spelling = {spelling(word): word for word in old}
    table = {word: word if word in old else by_spelling.get(spelling(word), "") for word in new}
    return {word: one for word, one in table.items() if one}, [word for word, one in table.items() if not one]


def guessed(name: str, old: Shape, other: str, new: Shape) -> Options | None:
    """Return the options that types, words and units suggest, None where the types have nothing in common."""
    numbers = {"integer", "number"}
    if old.kind in numbers and new.kind in numbers:
        ratio = unit_factor(name, other)
        if ratio is not None:
            return factor_option(ratio)
        return {"whole": True} if (old.kind, new.kind) == ("integer", "number") else {}
    if old.words and new.words:
        table, unknown = word_table(old.words, new.words)
        if not table and unknown:
            return None
        return {"values": table} if any(word != one for word, one in table.items()) else {}
    if old.type == new.type and old.kind not in {"", "object"}:
        return None if old.kind == "array" and (old.of_objects or new.of_objects) else {}
    if {old.type, new.type} == {"string", "time"}:
        return None
    if old.kind == "boolean" and new.kind == "string":
        switches = {word: _SWITCHES[word.lower()] for word in new.words if word.lower() in _SWITCHES}
        return {"values": switches} if switches and len(switches) == len(new.words) else None
    if _castable(old, new):
        return {"cast": True}
    if (old.kind, new.kind) == ("integer", "array"):
        return {"count": True} if counts(name) else None
    if old.type == "strings" and new.type == "string":
        return {"list": True}
    # A name in the singular speaks of the first of several.
    return {"join": ","} if old.type == "string" and new.type == "strings" and name.endswith("s") else None


def always(values: Sequence[Any]) -> Any:
    """Return the one value of a list of five or more, MISSING where there are several or none, or it is no scalar."""
    if len(values) < 5 or not all(type(one) in {str, int, float, bool} for one in values):
        return MISSING
    found = Counter(map(repr, values))
    return values[0] if len(found) == 1 else MISSING
