"""What printed code calls the parameters of a path, and where it takes credentials from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from shim.cli.code_samples import Source

TOKEN = "MONGODB_ATLAS_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
PUBLIC, PRIVATE = "MONGODB_ATLAS_PUBLIC_API_KEY", "MONGODB_ATLAS_PRIVATE_API_KEY"
CLIENT, SECRET = "MONGODB_ATLAS_CLIENT_ID", "MONGODB_ATLAS_CLIENT_SECRET"

AUTHS = ("digest", "bearer")
"""How a caller may sign its calls: with an API key, or with a token."""

_TAKEN = frozenset({
    "answer", "as_before", "asked", "at", "body", "cast", "client", "cluster", "count", "ctx", "each", "err", "first",
    "get", "grouped", "id", "inside", "item", "items", "joined", "json", "keyed", "length", "log", "more", "one", "os",
    "page", "pages", "passed", "reply", "rest", "result", "results", "sdk", "sort", "split", "time", "times", "url",
    "whole",
})  # fmt: skip
"""What printed code calls other things."""


def guess_auth(environ: Mapping[str, str]) -> str:
    """Return how the programs of this environment sign: with an API key where it names one, else with a token."""
    return "digest" if environ.get(PUBLIC) or environ.get(f"{PUBLIC}_FILE") else "bearer"


def variable(name: str) -> str:
    """Return the variable for a parameter, as in ``cluster_name``."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{snake}_" if snake in _TAKEN or keyword.iskeyword(snake) else snake


def camel(name: str) -> str:
    """Return the variable for a parameter in Go, as in ``clusterName``."""
    return f"{name}_" if name in _TAKEN else name


def parameters(source: Source) -> Sequence[tuple[str, str]]:
    """Return name and text of each parameter that code needs: those of the path, and those that fields are made of."""
    used = [*source.target.path.parameters]
    for field in source.operation.resource.walk():
        used += [rule.parameter for rule in field.rules[source.tier] if rule.parameter]
    return [(name, unquote(source.raw[name])) for name in dict.fromkeys(used) if name in source.raw]


def pieces(source: Source) -> Sequence[tuple[str, bool]]:
    """Return the address without its query in pieces, each with whether it is a parameter's name.

    A value that has to be encoded in a path stands there as it is.
    """
    made: list[tuple[str, bool]] = [(source.origin, False)]
    for place, text in enumerate(source.target.path.pieces):
        if place % 2 == 0:
            made.append((text, False))
        elif re.search(r"%(?!7B|7D|3C|3E)", source.raw[text]):
            made.append((source.raw[text], False))
        else:
            made.append((text, True))
    return made
