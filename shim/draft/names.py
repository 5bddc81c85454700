"""How alike two names are, and the units that names speak of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_SAME: Mapping[str, str] = {
    **dict.fromkeys(("at", "on", "date", "time", "timestamp"), "time"),
    **dict.fromkeys(("begin", "start", "from"), "start"),
    **dict.fromkeys(("end", "finish", "until", "stop"), "end"),
    **dict.fromkeys(("state", "status"), "state"),
    **dict.fromkeys(("kind", "type"), "type"),
    **dict.fromkeys(("num", "count", "number", "quantity", "amount", "total"), "count"),
    **dict.fromkeys(("label", "title", "name"), "name"),
    **dict.fromkeys(("colour", "color"), "colour"),
    **dict.fromkeys(("key", "id", "identifier"), "id"),
    **dict.fromkeys(("modified", "updated", "changed"), "updated"),
    **dict.fromkeys(("made", "created"), "created"),
    **dict.fromkeys(("project", "group"), "group"),
}
"""Words that APIs use for one thing."""

_UNITS: Mapping[str, tuple[str, float]] = {
    **dict.fromkeys(("byte", "bytes"), ("bytes", 1)),
    **{word: ("bytes", 1024**power) for power, word in enumerate(("kb", "mb", "gb", "tb"), 1)},
    **{word: ("weight", grams) for word, grams in (("g", 1), ("grams", 1), ("kg", 1000), ("kilograms", 1000))},
    **{word: ("length", metres) for word, metres in (("mm", 0.001), ("cm", 0.01), ("m", 1), ("km", 1000))},
    **dict.fromkeys(("ms", "millis", "milliseconds"), ("time", 0.001)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("time", 60)),
    **dict.fromkeys(("h", "hour", "hours"), ("time", 3600)),
    **dict.fromkeys(("day", "days"), ("time", 86400)),
}


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: ``diskSizeGB`` has disk, size and gb."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=65536)
def likeness(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1; selectors and dots part words."""
    if one == other:
        return 1.0
    left, right = _meaning(one), _meaning(other)
    if not left or not right:
        return 0.0
    free, alike = list(right), 0
    for word in left:
        found = next((two for two in free if _akin(word, two)), None)
        if found is not None:
            free.remove(found)
            alike += 1
    shared = 2 * alike / (len(left) + len(right))
    letters = SequenceMatcher(None, "".join(words_of(one)), "".join(words_of(other))).ratio()
    return max(shared, letters if letters > 0.8 else 0.0) * 0.99


def _meaning(name: str) -> list[str]:
    """Return the words of a name by what they mean; that something is a time is said by its type."""
    words = [_SAME.get(word, word) for word in words_of(name)]
    return [word for word in words if word != "time"] or words


def _akin(one: str, other: str) -> bool:
    if one == other or one.rstrip("s") == other.rstrip("s"):
        return True
    shorter = min(len(one), len(other))
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), shorter)
    return same >= 4 and same >= shorter - 2


def counts(name: str) -> bool:
    """Tell whether a name says that it is a count."""
    return any(_SAME.get(word) == "count" for word in words_of(name))


def unit_factor(old: str, new: str) -> float | None:
    """Return what a value named like the new one is multiplied with for the old name's unit; None without units."""
    left, right = ([_UNITS[word] for word in words_of(name) if word in _UNITS] for name in (old, new))
    if len(left) == len(right) == 1 and left[0][0] == right[0][0] and left[0] != right[0]:
        return float(f"{right[0][1] / left[0][1]:.9g}")
    return None


def without_units(name: str) -> str:
    """Return a name without its units."""
    return "_".join(word for word in words_of(name) if word not in _UNITS)


def singular(name: str) -> str:
    """Return the name of one of several."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "shes", "ches")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def spelling(word: str) -> str:
    """Return what two spellings of one word have in common."""
    return "".join(words_of(word))
