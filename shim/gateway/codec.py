"""JSON by orjson where it agrees with the standard library, and by the core's own codec elsewhere."""

from __future__ import annotations

from typing import Any

import orjson

from shim.core import context


def loads(content: bytes) -> Any:
    """Decode JSON; what orjson refuses (a lone surrogate, deep nesting) the core's codec decides on."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return context.loads(content)


def dumps(value: Any) -> bytes:
    """Encode JSON on one line; what orjson refuses (a lone surrogate, a big integer) the core encodes."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return context.dumps(value)
