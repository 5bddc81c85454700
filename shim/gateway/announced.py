"""What upstream announces about the legacy endpoints, told to the operator once."""

from __future__ import annotations

import logging

from shim.core.messages import Headers

log = logging.getLogger("shim.gateway")

_FIELDS = frozenset({"sunset", "deprecation"})
_MOST = 256
"""Announcements remembered; upstream makes a handful, and one that varied by the call would fill the log."""


class Announced:
    """Logs ``Sunset`` (RFC 8594) and ``Deprecation`` (RFC 9745), each once per operation and value."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, str]] = set()

    def look(self, operation: str, headers: Headers) -> None:
        """Look at a legacy reply's field lines."""
        for name, value in headers:
            if name.lower() in _FIELDS:
                said = (operation, name.lower(), value[:100])
                if said not in self._seen and len(self._seen) < _MOST:
                    self._seen.add(said)
                    log.warning("%s: upstream's legacy endpoint says %s: %r", operation, name.title(), said[2])
