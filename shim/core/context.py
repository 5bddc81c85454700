"""What the core needs from outside for one exchange: settings, clock, memory, and where links lead."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs

from shim.core.memory import Memory
from shim.core.settings import Settings


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON (RFC 8259, 6)")


def loads(content: bytes) -> Any:
    """Decode JSON (RFC 8259), refusing NaN and Infinity; raises ValueError or RecursionError."""
    return json.loads(content.decode("utf-8"), parse_constant=_refuse)


def dumps(value: Any) -> bytes:
    """Encode JSON on one line, UTF-8; a lone surrogate is written as the escape it came as."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


@attrs.frozen
class Context:
    """The surroundings of one exchange.

    ``base`` is the ``scheme://authority`` that the caller used and that links lead back to;
    ``clock`` returns seconds since the epoch; ``loads`` and ``dumps`` are the JSON codec.
    """

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    base: str
    loads: Callable[[bytes], Any] = loads
    dumps: Callable[[Any], bytes] = dumps
