"""A service manager that is told what the gateway is at (sd_notify(3)), and that it lives (sd_watchdog_enabled(3)).

The protocol is one datagram of ``KEY=value`` lines to a unix socket, so there is no package for it here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping

log = logging.getLogger("shim.gateway")

_TIDY = 15.0
"""Seconds more than calls in flight have, for what is still to be written."""

_PATIENCE = 1.0
"""Seconds for a manager that does not take what it is told."""


class Manager:
    """Who started this process, as far as its ``environ`` says so; without one nothing is told to nobody."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._every = _watchdog(environ)
        self._serves = False

    def ready(self, status: str) -> None:
        """Tell that calls are taken."""
        self._serves = True
        self._say("READY=1", f"STATUS={status}")

    @contextlib.contextmanager
    def reloading(self) -> Iterator[None]:
        """Tell that settings are being read, and after the block that they have been."""
        if self._serves:
            self._say("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        yield
        if self._serves:
            self._say("READY=1")

    def stopping(self, seconds: float) -> None:
        """Tell that the end has begun, and how long it may take before somebody has to make one."""
        self._serves = False
        patience = f"EXTEND_TIMEOUT_USEC={round((seconds + _TIDY) * 1e6)}"
        self._say("STOPPING=1", "STATUS=lets calls in flight end", patience)

    async def watchdog(self) -> None:
        """Tell again and again that the loop turns, if somebody wants to know."""
        while self._every is not None:
            self._say("WATCHDOG=1")
            await asyncio.sleep(self._every)

    def _say(self, *lines: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(_PATIENCE)
                line.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("NOTIFY_SOCKET: can't tell the service manager %s: %s", lines[0], error.strerror or error)


def _address(text: str) -> str | None:
    """Return a path, or the name of an abstract socket as Python writes it; None for all that is neither."""
    if text.startswith("@"):
        return "\0" + text[1:]
    return text if text.startswith("/") else None


def _watchdog(environ: Mapping[str, str]) -> float | None:
    """Return the seconds between two signs of life: a half of what the manager waits for one."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) / 2e6 if text.isdecimal() and int(text) else None
