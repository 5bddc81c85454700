"""Replies that the shim makes: translated documents, and errors in Atlas' own shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from shim.core.messages import Headers, Reply, reason_phrase, without
from shim.core.recognise import Match

_ABOUT_CONTENT = frozenset({
    "accept-ranges",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "deprecation",
    "digest",
    "etag",
    "last-modified",
    "location",
    "repr-digest",
    "sunset",
    "transfer-encoding",
})  # fmt: skip
"""Fields that speak of the content or the resource of upstream's answer, and so not of the caller's (RFC 9110, 8)."""


def content_type(match: Match) -> str:
    """Return the content type that the operation's version answered with."""
    return match.api.content_type or f"application/vnd.atlas.{match.operation.version}+json;charset=utf-8"


def content_of(value: dict[str, Any], *, pretty: bool, dumps: Callable[[Any], bytes]) -> bytes:
    """Return a JSON document as content."""
    return pretty_printed(value) if pretty else dumps(value)


def document(content: bytes, *, status: int, upstream: Headers, kind: str) -> Reply:
    """Return a reply with JSON content of the given type, and what still holds of upstream's fields."""
    return Reply(status=status, headers=(*without(upstream, _ABOUT_CONTENT), ("Content-Type", kind)), body=content)


def bare(status: int, upstream: Headers) -> Reply:
    """Return a reply without content."""
    return Reply(status=status, headers=without(upstream, _ABOUT_CONTENT), body=b"")


def pretty_printed(value: Any) -> bytes:
    """Return JSON laid out as Atlas' own pretty bodies are: two spaces, and a space before the colon."""
    layout: dict[str, Any] = {"indent": 2, "separators": (",", " : ")}
    try:
        return json.dumps(value, ensure_ascii=False, **layout).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, **layout).encode("ascii")


def error_body(status: int, code: str, detail: str, parameters: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return an error document with the members and the order of recorded Atlas errors."""
    return {
        "detail": detail,
        "error": status,
        "errorCode": code,
        "parameters": list(parameters),
        "reason": reason_phrase(status),
    }


def enveloped(value: dict[str, Any], status: int, *, page: bool) -> dict[str, Any]:
    """Return a document in an envelope: a page gains the status, anything else stands inside."""
    return {**value, "status": status} if page else {"status": status, "content": value}
