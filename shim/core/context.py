"""What the core needs from outside for one exchange: settings, clock, memory, and where links lead."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import attrs

from shim.core.memory import Memory
from shim.core.settings import Settings


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number that JSON can say (RFC 8259, 6)")


def _number(text: str) -> float:
    # 1e999 would become an infinity, which is not JSON when it is written again.
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def loads(content: bytes) -> Any:
    """Decode JSON (RFC 8259), refusing NaN and infinities; raises ValueError or RecursionError.

    A byte order mark is ignored, as section 8.1 allows.
    """
    return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_number)


def dumps(value: Any) -> bytes:
    """Encode JSON on one line, UTF-8; a lone surrogate is written as the escape it came as."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def json_marks(content: bytes) -> int:
    """Return how many brackets, commas and colons there are: no fewer than JSON content has values.

    Those in strings count too. It takes 8 ms for 16 MiB, while decoding as much of ``[],`` takes a second.
    """
    return len(content) - len(content.translate(None, b"[{,:"))


def _without_slash(base: str) -> str:
    return base.rstrip("/")


@attrs.frozen
class Context:
    """What one exchange is given from outside.

    ``base`` is the URL that the caller used and that links lead back to, ``scheme://authority`` and
    perhaps a path before ``/api``; a slash at its end is dropped, since paths begin with one;
    ``clock`` returns seconds since the epoch, and dates are held against it; ``monotonic`` returns seconds that
    nobody sets, and how long something took is told by it: by default ``clock``, for whoever has no other.
    ``loads`` and ``dumps`` are the JSON codec. Where ``whole``, the first page of a list whose pages were all read
    has all items, however many were asked for: an iteration over it need not have them read again for each page.
    """

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    base: str = attrs.field(converter=_without_slash)
    loads: Callable[[bytes], Any] = loads
    dumps: Callable[[Any], bytes] = dumps
    monotonic: Callable[[], float] = attrs.field()
    whole: bool = False

    @monotonic.default
    def _monotonic(self) -> Callable[[], float]:
        return self.clock
