"""Uses of client libraries, by the method names that the documents declare."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import attrs

from shim.documents.model import Operation
from shim.scan.values import Frame, Place, Ref, Thing, Value, Whole

_CALLS = frozenset({"sync", "sync_detailed", "asyncio", "asyncio_detailed"})
"""The functions of a module that openapi-python-client generates for an operation."""
_ENDINGS = ("_with_http_info", "_without_preload_content", "_serialize", "_async")
"""What generators put behind a method's name for its variants."""


@attrs.frozen
class Reference:
    """A use of a client library's method; ``kind`` is ``sdk``, or ``import`` when it is only imported."""

    place: Place
    operation: Operation
    name: str
    kind: str = "sdk"


def declared(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Return the operations by the method names of client libraries."""
    return {name: operation for operation in operations for name in operation.sdk}


def meant(name: str, names: dict[str, Operation]) -> Operation | None:
    """Return the operation that a method name stands for, variants included."""
    for ending in ("", *_ENDINGS):
        if name.endswith(ending) and (operation := names.get(name.removesuffix(ending))) is not None:
            return operation
    return None


def imported(dotted: str, names: dict[str, Operation]) -> Operation | None:
    """Return the operation that an imported name stands for: a method, a module of one, or a call in it."""
    parts = dotted.split(".")
    if len(parts) > 1 and parts[-1] in _CALLS:
        parts.pop()
    return meant(parts[-1], names)


def used(
    node: ast.Attribute | ast.Name, receiver: Value, things: Value, frame: Frame, names: dict[str, Operation]
) -> Operation | None:
    """Return the operation that a loaded name or attribute refers to, None when it is the program's own.

    ``receiver`` is what an attribute is taken of, empty for a name; ``things`` is what was found.
    """
    if isinstance(node, ast.Name):
        found = [imported(thing.name, names) for thing in things if isinstance(thing, Ref) and thing.external]
        return next(filter(None, (*found, *_generated(things, names))), None)
    operation = next(_generated(things, names), None)
    if operation is not None:
        return operation
    operation = meant(node.attr, names)
    if operation is None or not any(isinstance(thing, Ref) for thing in things):
        return None
    if node.attr not in frame.module.defined or frame.function == node.attr:
        return operation
    # The file defines a method of this name itself: only what surely comes from elsewhere is meant.
    return operation if any(_foreign(thing) for thing in receiver) else None


def _generated(things: Value, names: dict[str, Operation]) -> Iterator[Operation]:
    """Yield what scanned modules stand for that a generator made for one operation each."""
    for thing in things:
        if isinstance(thing, Whole) and (operation := meant(thing.module.path.stem, names)) is not None:
            yield operation


def made_of(name: str, stem: str, names: dict[str, Operation]) -> Operation | None:
    """Return the operation of a function of a scanned client library, by its name and its module's."""
    return meant(stem, names) if name in _CALLS else meant(name, names)


def _foreign(thing: Thing) -> bool:
    return isinstance(thing, Ref) and thing.external
