"""Telling HTTP Digest signatures, which cover the request target, from other credentials (RFC 7616)."""

from __future__ import annotations

from urllib.request import parse_http_list, parse_keqv_list


def is_stale(authorization: str, target: str) -> bool:
    """Tell whether a value is a Digest signature over another target (RFC 7616, 3.4)."""
    if not authorization.lower().startswith("digest "):
        return False
    try:
        return parse_keqv_list(parse_http_list(authorization.partition(" ")[2])).get("uri") != target
    except (ValueError, IndexError):
        return True


def is_digest(value: str) -> bool:
    """Tell whether credentials or a challenge are of the Digest scheme."""
    return value.lower().startswith("digest ")
