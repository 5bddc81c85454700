"""Convert docstrings and signatures of the Python API to Markdown."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
from makers.markdown import paragraph, table

from shim.atlas.convert import Model, members

WIDTH = 108


class _Text:
    """An annotation or default that is printed as in the source.

    inspect prints its repr.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def signature(name: str, function: Any) -> str:
    """Return a call with its types; a long one has a line for each argument."""
    found = inspect.signature(function)
    shown = []
    for one in found.parameters.values():
        if one.name in {"self", "cls"}:
            continue
        value = (
            _Text(default(one.default)) if one.default is not one.empty else one.empty
        )
        note = one.annotation
        shown.append(
            one.replace(
                annotation=note if note is one.empty else _Text(written(note)),
                default=value,
            )
        )
    result = found.return_annotation
    text = str(found.replace(parameters=shown, return_annotation=found.empty))
    gives = (
        ""
        if result is found.empty or inspect.isclass(function)
        else f" -> {written(result)}"
    )
    line = f"{name}{text}{gives}"
    if len(line) <= WIDTH:
        return f"    {line}\n"
    parts = [
        str(found.replace(parameters=[one], return_annotation=found.empty))[1:-1]
        for one in shown
    ]
    stars = [at for at, one in enumerate(shown) if one.kind is one.KEYWORD_ONLY][:1]
    cleaned = [part.removeprefix("*, ").removesuffix(", /") for part in parts]
    for at in stars:
        cleaned.insert(at, "*")
    return (
        "\n".join(
            [f"    {name}(", *(f"        {part}," for part in cleaned), f"    ){gives}"]
        )
        + "\n"
    )


def written(note: Any) -> str:
    """Return a type as written in the source."""
    return note if isinstance(note, str) else inspect.formatannotation(note)


def default(value: object) -> str:
    """Return a default as a program would write it.

    The environment is shown by its name, and addresses in memory are omitted.
    """
    match value:
        case datetime():
            return f"datetime({value.year}, {value.month}, {value.day}, tzinfo=UTC)"
        case timedelta():
            return f"timedelta(seconds={value.total_seconds():g})"
        case _ if value is os.environ:
            return "os.environ"
        case _ if callable(value):
            module = (
                getattr(value, "__module__", None)
                or type(getattr(value, "__self__", None)).__module__
            )
            return f"{module}.{getattr(value, '__name__', type(value).__name__)}"
    return repr(value)


def prose(docstring: str | None) -> str:
    """Return a docstring as paragraphs, with its code marked as code."""
    parts = []
    for one in inspect.cleandoc(docstring or "").split("\n\n"):
        text = one.replace("``", "`")
        parts.append(f"{one}\n" if one.startswith("    ") else paragraph(text))
    return "\n".join(parts)


def first(docstring: str | None) -> str:
    """Return a docstring's first sentence."""
    lead = (
        inspect.cleandoc(docstring or "")
        .partition("\n\n")[0]
        .replace("\n", " ")
        .replace("``", "`")
    )
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", lead)[0]


def attributes(value: type) -> str:
    """Return a table of a value's attributes: name, type, and the name in Atlas's JSON.

    Values that are not from Atlas have their defaults instead of names.
    """
    own = [one for one in attrs.fields(value) if one.name not in _COMMON]
    if issubclass(value, Model):
        names = {attribute: name for name, (attribute, _) in members(value).items()}
        rows = [(*_called(one), f"`{names[one.name]}`") for one in own]
        # The page mentions once, for all values, that each may be None.
        return table(
            ("attribute", "type", "in JSON"),
            [
                (name, kind.removesuffix(" or `None`"), json)
                for name, kind, json in rows
            ],
        )
    rows = [(*_called(one), _default(one)) for one in own]
    return table(("attribute", "type", "default"), rows) if rows else ""


def _called(one: Any) -> tuple[str, str]:
    # A bar in code would end the cell for some readers of Markdown, and appear with its
    # backslash in others.
    return f"`{one.name}`", " or ".join(
        f"`{kind}`" for kind in written(one.type).split(" | ")
    )


_COMMON = frozenset({"additional", "raw", "record"})
"""Attributes of every value of the typed client; the page lists them once."""


def _default(one: Any) -> str:
    if one.default is attrs.NOTHING:
        return ""
    factory = isinstance(one.default, attrs.Factory)  # type: ignore[arg-type]  # a class at run time
    return "a new one" if factory else f"`{default(one.default)}`"


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of the class itself, in the order of the source."""
    for name, value in vars(kind).items():
        if not name.startswith("_") and (
            callable(value) or isinstance(value, property | classmethod)
        ):
            yield name, value
