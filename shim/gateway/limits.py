"""The process's own limit of open files, which is often lower than what the options allow."""

from __future__ import annotations

import logging
import resource

from shim.gateway.options import Options

log = logging.getLogger("shim.gateway")

SPARE = 128
"""Descriptors for listeners, logs, the loop, resolving and the operator's connections."""


def raise_open_files(options: Options) -> None:
    """Let the process open as many files as its connections need, as far as it may (setrlimit(2)).

    Each caller's connection is one, each request in flight one more, and so is each surplus
    connection that is told so. A limit that can't be raised is logged, since the gateway works below it.
    """
    wanted = 2 * options.max_connections + options.max_requests + SPARE
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
