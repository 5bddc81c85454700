"""The command that shows what to call in place of a retired operation, ready to be pasted into a shell."""

from __future__ import annotations

import shlex

from shim.documents.model import Operation


def explain_command(operation: Operation) -> str:
    """Return the whole command; the path is the operation's template, so it names nobody's project or cluster."""
    options: list[str] = []
    if any(bound.operator.startswith("<") for bound in operation.versions):  # a later version is another operation
        options = ["--accept", f"application/vnd.atlas.{operation.version}+json"]
    return shlex.join(["atlas-shim", "explain", operation.method, operation.full_path, *options])
