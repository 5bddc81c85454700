"""Structured fields as text (RFC 9651): the few shapes that the gateway's own fields need."""

from __future__ import annotations

import re
from functools import lru_cache

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")


def string(text: str) -> str:
    """Return a String (3.3.3): printable ASCII in quotes, anything else as a question mark."""
    plain = _UNPRINTABLE.sub("?", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def token(text: str) -> str:
    """Return a Token (3.3.4); a text that can't be one becomes a String."""
    return text if _TOKEN.fullmatch(text) else string(text)


@lru_cache(maxsize=256)
def strings(texts: tuple[str, ...]) -> str:
    """Return an Inner List (3.1.1) of Strings; remembered, since the same names come with every reply."""
    return "(" + " ".join(string(text) for text in texts) + ")"


def date(seconds: float) -> str:
    """Return a Date (3.3.7) of seconds since the epoch."""
    return f"@{int(seconds)}"
