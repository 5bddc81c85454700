"""Likely reasons why a call is not recognised."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise

from packaging.version import Version

from shim.core.messages import Call, Headers, field
from shim.core.recognise import Engine
from shim.documents.templates import Template, decoded, parameter_name
from shim.documents.versions import named_in, written
from shim.tools.radar.shape import BELOW

CLOSE = 0.85
"""The least likeness, of 1, with which a path is shown as the one that may have been meant."""


def hints(engine: Engine, call: Call) -> tuple[str, ...]:
    """Return sentences that say what would have to be different for the shim to take part."""
    if present := _present(engine, call):
        return (present,)
    words, found = _words(call.path), list[str]()
    for said, other in _variants(engine, call):
        if (match := engine.recognise(*other)) is not None:
            taken = words.intersection(match.raw.values())
            no_name = f"The path: {' and '.join(taken)} is a word of Atlas' API there, and no name."
            found.append(no_name if taken else f"{said} it is recognised.")
    return tuple(dict.fromkeys(found)) or (_about_path(engine, call),)


def _words(path: str) -> set[str]:
    """Return the segments that are words of the API where otherwise a name stands, as in clusters/tenantUpgrade."""
    return {word for before, word in pairwise(path.split("/")) if word in BELOW.get(before, ())}


def _present(engine: Engine, call: Call) -> str:
    """Say that a call is the successor of a retired one, or a later version of it; empty if it is not."""
    named = named_in(field(call.headers, "Accept"))
    had_versions = engine.recognise(call.method, call.path, ()) is not None
    for operation in engine.operations:
        for successor in operation.successors.values():
            for _, target in successor.targets():
                is_new = not had_versions or (isinstance(named, Version) and written(named) >= target.version)
                if is_new and target.method == call.method and _fits(target.path, call.path):
                    return f"The call is a present one, the successor of {operation.id}: it is right as it is."
    return ""


def _variants(engine: Engine, call: Call) -> Iterator[tuple[str, tuple[str, str, Headers]]]:
    """Yield calls that differ in one thing, each after a sentence's begin that names the thing."""
    for method in sorted({operation.method for operation in engine.operations}):
        yield f"The method: with {method}", (method, call.path, call.headers)
    yield "The version: with one in Accept that the retired endpoint had", (call.method, call.path, ())
    yield "The path: with one slash at its end at most", (call.method, call.path.rstrip("/"), call.headers)
    base, bases = _bases(engine, call)
    for other in bases if base else ():
        yield f"The path: below {other}", (call.method, other + call.path.removeprefix(base), call.headers)


def _bases(engine: Engine, call: Call) -> tuple[str, list[str]]:
    """Return the base that a call's path is below, empty if it is below none; and all that there are."""
    bases = sorted({api.base for document in engine.documents for api in document.apis.values()})
    return next((base for base in bases if call.path.startswith(f"{base}/")), ""), bases


def _about_path(engine: Engine, call: Call) -> str:
    base, bases = _bases(engine, call)
    if not base:
        return f"The path: retired calls are below {' and '.join(bases)}."
    for segment in call.path[1:].split("/"):
        if segment and decoded(segment) is None:
            return f"The path: {segment!r} could be read as another path on the way, so it is left alone."
    below = call.path.removeprefix(base)
    near = max(engine.operations, key=lambda operation: _likeness(operation.path, below))
    if _likeness(near.path, below) > CLOSE:
        return f"The path: close to it is {near.method} {base}{near.path.text}."
    return "The path: no mapping document has one like it."


def _fits(template: Template, path: str) -> bool:
    given = path[1:].split("/")
    return len(given) == len(template.segments) and _filled(template, given) == given


def _likeness(template: Template, path: str) -> float:
    """Return how alike a template and a path are, from 0 to 1; a parameter is like any segment in its place."""
    given = path.strip("/").split("/")
    return SequenceMatcher(None, "/".join(_filled(template, given)), "/".join(given)).ratio()


def _filled(template: Template, given: list[str]) -> list[str]:
    """Return the segments of a template, its parameters replaced by what stands in their places."""
    words = _words("/".join(given))
    return [
        given[index] if parameter_name(segment) and index < len(given) and given[index] not in words else segment
        for index, segment in enumerate(template.segments)
    ]
