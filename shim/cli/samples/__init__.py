"""The code of a successor's call, for what a caller uses; it gives what the retired call gave, without the shim.

``dialects`` turns the rules of the mapping documents into expressions (``python_terms``, ``jq_terms``), ``python``,
``shell`` and ``go`` make programs of them, ``names`` has what these call the parameters of a path.
"""

from __future__ import annotations

from shim.cli.code_samples import NextCall
from shim.cli.samples.go import go_code
from shim.cli.samples.python import python_code
from shim.cli.samples.shell import shell_code

LIBRARIES = ("httpx", "requests", "curl", "go")
"""What code can be for: two libraries of Python, a shell with curl and jq, and Atlas' SDK for Go."""


def code_for(call: NextCall, library: str, auth: str) -> str:
    """Return the code for one of ``LIBRARIES`` that signs by ``digest`` or ``bearer``; empty for a refused call."""
    if call.source is None:
        return ""
    if library == "curl":
        return shell_code(call, call.source, auth)
    if library == "go":
        return go_code(call, call.source, auth)
    return python_code(call, call.source, library, auth)


def samples(call: NextCall, auth: str = "bearer") -> dict[str, str]:
    """Return the code for each library that there is code for."""
    return {library: code for library in LIBRARIES if (code := code_for(call, library, auth))}
