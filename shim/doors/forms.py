"""Field lines and content in whichever of the forms that requests and urllib3 take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shim.core.messages import Headers


def header_lines(lines: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
    """Return field lines as text, one character for one byte."""
    return tuple(
        [
            (name, value) if type(name) is type(value) is str else (as_text(name), as_text(value))
            for name, value in lines
        ]
    )


def as_text(value: str | bytes) -> str:
    """Return a field's name or value as text; both libraries take either."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def content_of(body: Any) -> bytes:
    """Return what text, bytes, a file from where it stands, or an iterable of pieces says; None says nothing."""
    if body is None:
        return b""
    if isinstance(body, str | bytes | bytearray | memoryview):
        return _bytes(body)
    read = getattr(body, "read", None)
    return _bytes(read()) if read is not None else b"".join(map(_bytes, body))


def _bytes(value: str | bytes | bytearray | memoryview) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
