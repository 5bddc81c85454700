"""The tables of ``rules.toml`` on languages and tools, and HTTP methods in names.

The file is read once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, reduce
from importlib.resources import files
from operator import getitem
from typing import Any

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_RULES: Mapping[str, Any] = tomllib.loads(
    files("shim.tools.scan").joinpath("rules.toml").read_text("utf-8")
)


def table(*names: str) -> Mapping[str, Any]:
    """Return a table, or one inside another."""
    return reduce(getitem, names, _RULES)


@cache
def words(*names: str) -> frozenset[str]:
    """Return the list of words under nested keys."""
    return frozenset(table(*names))


@cache
def inverted(name: str) -> Mapping[str, str]:
    """Return a table of lists inverted: entry to key."""
    found = {}
    for key, entries in table(name).items():
        for entry in entries:
            found[entry] = key
    return found


def words_of(name: str) -> list[str]:
    """Return the words in a name such as ``_get_json``, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def said(word: str) -> str | None:
    """Return a text as an HTTP method, or None if it is something else."""
    word = word.strip().lstrip(":")
    if word.upper() in words("words", "methods") and (word.isupper() or word.islower()):
        return word.upper()
    return None


def verb_in(name: str) -> str | None:
    """Return the HTTP method in a function's name, such as ``post`` or ``httpDelete``."""
    found = words_of(name)
    verbs = [
        word.upper() for word in found if word.upper() in words("words", "methods")
    ]
    if len(verbs) == 1 and words("words", "naming").isdisjoint(found):
        return verbs[0]
    # a generator's async twin: aget, apost
    if name[:1] == "a":
        return said(name[1:])
    return None
