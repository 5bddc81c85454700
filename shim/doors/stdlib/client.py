"""Calls of ``http.client`` that no library above has had served."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from typing import Any

from shim.core.messages import Headers
from shim.doors.uncovered import tell


def endheaders(connection: HTTPConnection, send: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Send the head of a request and what follows, after telling of it if it is a retired call."""
    _look_at(connection)
    send(*args, **kwargs)


def _look_at(connection: HTTPConnection) -> None:
    buffer: list[bytes] = getattr(connection, "_buffer", [])  # where the head is kept until then, line by line
    method, _, rest = (buffer[0] if buffer else b"").decode("latin-1").partition(" ")
    target = rest.rpartition(" ")[0]

    def lines() -> Headers:
        pairs = [line.decode("latin-1").partition(":") for line in buffer[1:]]
        return tuple([(name, value.strip()) for name, _, value in pairs])

    host, port = getattr(connection, "_tunnel_host", None), getattr(connection, "_tunnel_port", None)
    if not host:
        host, port = connection.host, connection.port
    scheme = "https" if isinstance(connection, HTTPSConnection) else "http"
    host = f"[{host}]" if ":" in host else host
    tell("http.client", method, target if "://" in target else f"{scheme}://{host}:{port}{target}", lines)
