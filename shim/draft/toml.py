"""Values as TOML writes them; a library for it would be longer to name than these lines are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
WIDTH = 120
"""Characters of a line, where a value can be parted."""


def key(name: str) -> str:
    """Return one key."""
    return name if _BARE.fullmatch(name) else text(name)


def path(*names: str) -> str:
    """Return a dotted key."""
    return ".".join(map(key, names))


def text(value: str) -> str:
    """Return a basic string, whose escapes are those of JSON and one more."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def value(said: Any) -> str:
    """Return a value on one line."""
    match said:
        case bool():
            return "true" if said else "false"
        case str():
            return text(said)
        case date():
            return said.isoformat()
        case Mapping():
            return "{ " + ", ".join(f"{key(name)} = {value(one)}" for name, one in said.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(value, said)) + "]"
    return repr(said)


def lines(name: str, said: Any) -> list[str]:
    """Return a key and its value; a list that is too long for a line has one for each item."""
    one = f"{key(name)} = {value(said)}"
    if len(one) <= WIDTH or not isinstance(said, list | tuple):
        return [one]
    return [f"{key(name)} = [", *(f"    {value(item)}," for item in said), "]"]


def comment(said: str) -> str:
    """Return a comment on one line, whatever control characters it quotes."""
    return "# " + "".join(letter if letter.isprintable() else "?" for letter in said)
