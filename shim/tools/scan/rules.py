"""The tables of ``rules.toml`` on languages, clients and tools, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(files("shim.tools.scan").joinpath("rules.toml").read_text("utf-8"))


@cache
def words(table: str, name: str) -> frozenset[str]:
    """Return a list of words of a table."""
    return frozenset(_tables()[table][name])


@cache
def table(*names: str) -> Mapping[str, Any]:
    """Return a table, or one inside another."""
    found: Mapping[str, Any] = _tables()
    for name in names:
        found = found[name]
    return found


@cache
def inverted(name: str) -> Mapping[str, str]:
    """Return a table of lists inverted: entry -> key."""
    return {entry: key for key, entries in _tables()[name].items() for entry in entries}
