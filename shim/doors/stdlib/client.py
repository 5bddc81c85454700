"""Calls of ``http.client`` that no library above has had served."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPSConnection

from shim.core.messages import Headers
from shim.doors.process import concerns
from shim.doors.uncovered import tell


def look_at(connection: HTTPConnection) -> None:
    """Tell of the request whose head a connection is about to send, if it is a retired call."""
    buffer: list[bytes] = getattr(connection, "_buffer", [])  # where the head is kept until then, line by line
    method, _, rest = (buffer[0] if buffer else b"").decode("latin-1").partition(" ")
    target = rest.rpartition(" ")[0]
    if not concerns(target):
        return

    def lines() -> Headers:
        pairs = [line.decode("latin-1").partition(":") for line in buffer[1:]]
        return tuple([(name, value.strip()) for name, _, value in pairs])

    host, port = getattr(connection, "_tunnel_host", None), getattr(connection, "_tunnel_port", None)
    if not host:
        host, port = connection.host, connection.port
    scheme = "https" if isinstance(connection, HTTPSConnection) else "http"
    host = f"[{host}]" if ":" in host else host
    tell("http.client", method, target if "://" in target else f"{scheme}://{host}:{port}{target}", lines)
