"""The command that shows what to call in place of a retired operation, ready to be pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from shim.documents.model import Operation

_CODE = {"httpx": "httpx", "httpx2": "httpx", "requests": "requests"}
"""Library of Python -> what ``explain --for`` names it."""

_AGENTS = {"curl/": "curl", "python-requests/": "requests", "python-httpx/": "httpx", "Go-http-client/": "go"}
_SDK = ("atlas-sdk-go/", "go-atlas-sdk", "terraform-provider-mongodbatlas", "mongodb-atlas-go")


def explain_command(operation: Operation, *, libraries: Iterable[str] = (), agents: Iterable[str | None] = ()) -> str:
    """Return the whole command; the path is the operation's template, so it names nobody's project or cluster.

    It asks for the code of what callers are written with, as far as ``libraries`` and User-Agents tell.
    """
    named = {_CODE.get(library) for library in libraries} | {library_of(agent) for agent in agents}
    wanted = sorted(filter(None, named))
    if wanted == ["httpx"]:  # which is what it shows without being asked
        wanted = []
    options = [word for library in wanted for word in ("--for", library)]
    if any(bound.operator.startswith("<") for bound in operation.versions):  # a later one is another operation
        options = ["--accept", f"application/vnd.atlas.{operation.version}+json", *options]
    return shlex.join(["atlas-shim", "explain", operation.method, operation.full_path, *options])


def library_of(agent: str | None) -> str | None:
    """Return what a caller is written with, as ``explain --for`` names it, where its User-Agent tells."""
    if agent is None:
        return None
    if any(word in agent for word in _SDK):
        return "go"
    return next((library for start, library in _AGENTS.items() if agent.startswith(start)), None)
