"""Likely reasons why a call is not recognised."""

from __future__ import annotations

from difflib import SequenceMatcher

from packaging.version import Version

from shim.core.messages import Call, field
from shim.core.recognise import Engine
from shim.documents.check_calls import targets
from shim.documents.model import Operation
from shim.documents.templates import Template, decoded, parameter_name
from shim.documents.versions import named_in, written

CLOSE = 0.75
"""The least likeness, of 1, with which a path is shown as the one that may have been meant."""


def hints(engine: Engine, call: Call) -> tuple[str, ...]:
    """Return sentences that say what would have to be different for the shim to take part."""
    found = []
    methods = sorted({operation.method for operation in engine.operations} - {call.method})
    others = [other for other in methods if engine.recognise(other, call.path, call.headers)]
    if others:
        found.append(f"The method: {', '.join(others)} on this path is recognised, {call.method} is not.")
    retired = engine.recognise(call.method, call.path, ()) if call.headers else None
    if retired is not None and (newer := _newer(retired.operation, call)):
        return (f"The version: {newer} is the successor's or a later one; the call is a present one, as it is.",)
    if retired is not None:
        found.append(
            "The version: Accept names one that the retired endpoint did not answer with (a preview, an upcoming "
            "version, another format, or a date before the first one)."
        )
    return tuple(found) or (_about_path(engine, call),)


def _newer(operation: Operation, call: Call) -> str:
    """Return the version that a call names, where that is its successor's or a later one of the same path."""
    named = named_in(field(call.headers, "Accept"))
    if not isinstance(named, Version):
        return ""
    same = [
        target.version
        for successor in operation.successors.values()
        for _, target in targets(successor)
        if target.method == call.method and _fits(target.path, call.path)
    ]
    return written(named) if any(written(named) >= version for version in same) else ""


def _about_path(engine: Engine, call: Call) -> str:
    path = call.path
    for operation in engine.operations:
        for successor in operation.successors.values():
            if successor.only and _fits(successor.only.path, path):
                return f"The path is that of a present endpoint, the successor of {operation.id}: call it as it is."
    trimmed = path.rstrip("/")
    if trimmed != path and engine.recognise(call.method, trimmed, call.headers):
        return "The path ends with slashes: with one at most it is recognised."
    bases = sorted({api.base for document in engine.documents for api in document.apis.values()})
    base = next((base for base in bases if path.startswith(f"{base}/")), None)
    if base is None:
        return f"The path: retired calls are below {' and '.join(bases)}."
    for segment in path[1:].split("/"):
        if segment and decoded(segment) is None:
            return f"The path: {segment!r} could be read as another path on the way, so it is left alone."
    below = path.removeprefix(base)
    elsewhere = [other for other in bases if engine.recognise(call.method, other + below, call.headers)]
    if elsewhere:
        return f"The path: below {' and '.join(elsewhere)} it is recognised, below {base} it is not."
    near = max(engine.operations, key=lambda operation: _likeness(operation.path, below))
    if _likeness(near.path, below) > CLOSE:
        return f"The path: close to it is {near.method} {base}{near.path.text}."
    return "The path: no mapping document has one like it."


def _fits(template: Template, path: str) -> bool:
    given = path[1:].split("/")
    return len(given) == len(template.segments) and all(
        parameter_name(segment) or segment == other for segment, other in zip(template.segments, given, strict=True)
    )


def _likeness(template: Template, path: str) -> float:
    """Return how alike a template and a path are, from 0 to 1; a parameter is like any segment in its place."""
    given = path.strip("/").split("/")
    filled = [
        given[index] if parameter_name(segment) and index < len(given) else segment
        for index, segment in enumerate(template.segments)
    ]
    return SequenceMatcher(None, filled, given).ratio() / 2 + SequenceMatcher(None, "/".join(filled), path).ratio() / 2
