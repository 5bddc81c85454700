"""The command that shows what to call in place of a retired operation, ready to be pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from shim.documents.model import Operation


def explain_command(operation: Operation, *options: str) -> str:
    """Return the whole command; the path is the operation's template, so it names nobody's project or cluster."""
    return shlex.join(["atlas-shim", "explain", operation.method, operation.full_path, *options])


_AGENTS = {"curl/": "curl", "python-requests/": "requests", "python-httpx/": "httpx", "Go-http-client/": "go"}
_SDK = ("atlas-sdk-go/", "go-atlas-sdk", "terraform-provider-mongodbatlas", "mongodb-atlas-go")


def library_of(agent: str | None) -> str | None:
    """Return what a caller is written with, as ``explain --for`` names it, where its User-Agent tells."""
    if agent is None:
        return None
    if any(word in agent for word in _SDK):
        return "go"
    return next((library for start, library in _AGENTS.items() if agent.startswith(start)), None)


def explain_for(operation: Operation, agents: Iterable[str | None]) -> str:
    """Return the command with ``--for`` for each library that the callers' User-Agents tell of."""
    libraries = sorted({library for agent in agents if (library := library_of(agent))})
    return explain_command(operation, *(word for library in libraries for word in ("--for", library)))
