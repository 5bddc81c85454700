"""Load the templates of web pages, which escape values from callers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

VERDICTS = {
    "called": "Still called.",
    "quiet": "Not called.",
    "unproven": "Not proven.",
}


def templates(
    folder: Traversable, filters: Mapping[str, Callable[..., Any]]
) -> Environment:
    """Return the templates of a folder, where a missing name is an error.

    ``.html.j2`` escapes every value.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - an extra

    made = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do"],
    )
    made.filters |= filters
    return made


def printable(value: Any, instead: str = "\N{REPLACEMENT CHARACTER}") -> Any:
    """Return a value whose texts have no invisible characters.

    Such characters could make one caller's name look like another.

    It also converts the texts in dicts, lists and tuples.
    """
    if isinstance(value, str):
        if value.isprintable():
            return value
        return "".join(one if one.isprintable() else instead for one in value)
    if isinstance(value, dict):
        return {name: printable(one, instead) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [printable(one, instead) for one in value]
    return value


def hash_source(part: str) -> str:
    """Return the hash of a style or script for a CSP (CSP 3, 2.3.1)."""
    return (
        f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
    )
