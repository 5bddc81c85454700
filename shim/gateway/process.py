"""What the gateway's process sets up for itself, before it runs a loop."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

from shim.gateway.options import Options

log = logging.getLogger("shim.gateway")

_SPARE = 128
"""Descriptors for listeners, logs, the loop, resolving and the operator's connections."""

_NOT_OURS = (signal.SIGUSR1, signal.SIGUSR2)
"""Signals that say nothing here, and would end the process; other programs open their logs anew on them."""


def prepare(options: Options) -> None:
    """Set up descriptors, signals and memory for a process that does nothing but take calls."""
    raise_open_files(options)
    for number in _NOT_OURS:
        signal.signal(number, signal.SIG_IGN)
    # What is loaded now stays; looking through it again and again would only hold calls up.
    gc.collect()
    gc.freeze()
    # A call leaves nothing that only the collector could find, and looking for it every few calls costs a part of each.
    gc.set_threshold(10_000, 20, 20)


def raise_open_files(options: Options) -> None:
    """Let the process open as many files as its connections need, as far as it may (setrlimit(2)).

    Each caller's connection is one, each request in flight one more, and so is each surplus
    connection that is told so. A limit that can't be raised is logged, since the gateway works below it.
    """
    wanted = 2 * options.max_connections + options.max_requests + _SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (OSError, ValueError):
        allowed = soft
    if allowed < wanted:
        log.warning("may open %s files, and could need %s: see max_connections and max_requests", allowed, wanted)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's, when it is installed; None means asyncio's own."""
    try:
        uvloop: Any = import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
