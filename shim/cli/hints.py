"""Likely reasons why a call is not recognised."""

from __future__ import annotations

import re
from difflib import get_close_matches

from packaging.version import Version

from shim.core.messages import Call, field
from shim.core.recognise import Engine
from shim.documents.templates import decoded
from shim.documents.versions import named_in, written
from shim.tools.radar.shape import shape_of

CLOSE = 0.8
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
    found, shape = dict[str, None](), shape_of(call.path).removeprefix(base)
    for said, variant in variants.items():
        if (match := engine.recognise(*variant)) is not None:
            words = [word for word in match.raw.values() if word in shape.split("/")]
            no_name = f"The path: {' and '.join(words)} is a word of Atlas' API there, not a name."
            found[no_name if words else f"{said} it is recognised."] = None
    if found:
        return tuple(found)
    if not base:
        return (f"The path: retired calls are below {' and '.join(one or '/' for one in bases)}.",)
    for segment in call.path[1:].split("/"):
        if segment and decoded(segment) is None:
            return (f"The path: servers may read {segment!r} in different ways, so the shim does not touch it.",)
    known = {_shape(operation.path.text): operation for operation in engine.operations}
    for near in get_close_matches(shape, known, n=1, cutoff=CLOSE):
        return (f"The path: a similar one is {known[near].method} {base}{known[near].path.text}.",)
    return ("The path: no mapping document has a similar one.",)


def _present(engine: Engine, call: Call) -> str:
    """Return a sentence on a call that is a successor or a later version of a retired call; empty for other calls."""
    named = named_in(field(call.headers, "Accept"))
    had_versions = engine.recognise(call.method, call.path, ()) is not None
    for operation in engine.operations:
        for successor in operation.successors.values():
            for _, target in successor.targets():
                is_new = not had_versions or (isinstance(named, Version) and written(named) >= target.version)
                if is_new and target.method == call.method and _shape(target.path.text) == shape_of(call.path):
                    return f"The call is current: it is the successor of {operation.id}."
    return ""


def _shape(template: str) -> str:
    """Return a template as ``shape_of`` writes its paths."""
    return re.sub(r"\{\w+\}", "{}", template)
