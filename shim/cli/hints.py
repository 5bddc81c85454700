"""Likely reasons why a call is not recognised."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import pairwise

from packaging.version import Version

from shim.core.messages import Call, field
from shim.core.recognise import Engine
from shim.documents.templates import Template, decoded, parameter_name
from shim.documents.versions import named_in, written
from shim.tools.radar.shape import BELOW

CLOSE = 0.85
"""Similarity, from 0 to 1, from which a known path is suggested."""


def hints(engine: Engine, call: Call) -> tuple[str, ...]:
    """Return sentences on what would have to change for the call to be recognised."""
    if present := _present(engine, call):
        return (present,)
    bases = sorted({api.base for document in engine.documents for api in document.apis.values()})
    base = next((base for base in bases if call.path.startswith(f"{base}/")), "")
    below, methods = call.path.removeprefix(base), sorted({operation.method for operation in engine.operations})
    variants = {f"The method: with {method}": (method, call.path, call.headers) for method in methods}
    variants["The version: with one in Accept that the retired endpoint had"] = call.method, call.path, ()
    variants["The path: with one slash at its end at most"] = call.method, call.path.rstrip("/"), call.headers
    variants |= {f"The path: below {other}": (call.method, other + below, call.headers) for other in bases if base}
    found: dict[str, None] = {}
    for said, variant in variants.items():
        if (match := engine.recognise(*variant)) is not None:
            words = " and ".join(_words(call.path).intersection(match.raw.values()))
            no_name = f"The path: {words} is a word of Atlas' API there, not a name."
            found[no_name if words else f"{said} it is recognised."] = None
    if found:
        return tuple(found)
    if not base:
        return (f"The path: retired calls are below {' and '.join(bases)}.",)
    for segment in call.path[1:].split("/"):
        if segment and decoded(segment) is None:
            return (f"The path: servers may read {segment!r} in different ways, so the shim does not touch it.",)
    near = max(engine.operations, key=lambda operation: _likeness(operation.path, below))
    if _likeness(near.path, below) <= CLOSE:
        return ("The path: no mapping document has a similar one.",)
    return (f"The path: a similar one is {near.method} {base}{near.path.text}.",)


def _present(engine: Engine, call: Call) -> str:
    """Return a sentence if the call is a successor or a later version of a retired call, else an empty text."""
    named = named_in(field(call.headers, "Accept"))
    had_versions = engine.recognise(call.method, call.path, ()) is not None
    given = call.path[1:].split("/")
    for operation in engine.operations:
        for successor in operation.successors.values():
            for _, target in successor.targets():
                is_new = not had_versions or (isinstance(named, Version) and written(named) >= target.version)
                if is_new and target.method == call.method and _filled(target.path, given) == given:
                    return f"The call is current: it is the successor of {operation.id}."
    return ""


def _words(path: str) -> set[str]:
    """Return the segments that are words of the API in the place of a name, as in clusters/tenantUpgrade."""
    return {word for before, word in pairwise(path.split("/")) if word in BELOW.get(before, ())}


def _likeness(template: Template, path: str) -> float:
    """Return the similarity of a template and a path, from 0 to 1; a parameter equals any segment in its place."""
    given = path.strip("/").split("/")
    return SequenceMatcher(None, "/".join(_filled(template, given)), "/".join(given)).ratio()


def _filled(template: Template, given: list[str]) -> list[str]:
    """Return the segments of a template, with the path's segments in place of its parameters."""
    words = _words("/".join(given))
    return [
        given[index] if parameter_name(segment) and index < len(given) and given[index] not in words else segment
        for index, segment in enumerate(template.segments)
    ]
