"""What is of interest in a program: texts, calls that may be HTTP calls, and names of client libraries."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from shim.documents.model import Operation
from shim.scan.methods import CONTENT, NOT_URLS, method_of, said
from shim.scan.python.library import client_base
from shim.scan.python.values import (
    External,
    Keywords,
    Listing,
    Scope,
    Thing,
    Value,
    addressed,
    items_of,
    known,
)
from shim.scan.sightings import Sightings
from shim.scan.texts import Text, made, url_join

_MAPPING = frozenset({"map", "imap", "imap_unordered", "map_async", "starmap", "thread_map"})
_CALLS = frozenset({"sync", "sync_detailed", "asyncio", "asyncio_detailed"})
"""The functions of a module that openapi-python-client generates for an operation."""


def note_texts(node: ast.expr, value: Value, scope: Scope, sightings: Sightings, *, quiet: bool) -> None:
    """Note the paths that an expression makes; in a list or dict, the method that stands beside them."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict) and isinstance(value[0], Listing):
        items = value[0].values
        words = {word for one in items if (word := word_of(one))}
        if len(words) == 1:
            for path in (path for one in items for path in known(one)):
                sightings.hint(path, *words)
        if len(items) > 3 and not any("/" in path.s for one in items[1:] for path in known(one)):
            value = addressed(items)
    elif not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call):
        return
    for path in () if quiet else known(value):
        sightings.path(scope.module.place(node), path)


def note_name(
    node: ast.Name | ast.Attribute, receivers: Value, value: Value, scope: Scope, sightings: Sightings
) -> None:
    """Note a name that is a client library's, unless it is the program's own."""
    found = [sightings.operation_named(one.module.path.stem) for one in value if isinstance(one, Scope)]
    externals = [one for one in value if isinstance(one, External)]
    if isinstance(node, ast.Name):
        name = node.id
        found += [operation_of(one.name, sightings) for one in externals if one.foreign]
    else:
        name = node.attr
        # Where the file defines a method of this name itself, only what surely comes from elsewhere is meant.
        own = name in scope.module.functions and (scope.function is None or scope.function.name != name)
        if externals and (not own or any(isinstance(one, External) and one.foreign for one in receivers)):
            found.append(sightings.operation_named(name))
    operation = next(filter(None, found), None)
    if operation is not None and isinstance(node.ctx, ast.Load):
        sightings.name(scope.module.place(node), name, operation)


def operation_of(path: str, sightings: Sightings) -> Operation | None:
    """Return the operation of an imported name: a client library's method, a module of one, or a call in it."""
    above, _, name = path.rpartition(".")
    return sightings.operation_named(above.rpartition(".")[2] if name in _CALLS else name)


def word_of(value: Value) -> str | None:
    """Return the one HTTP method that a value says, None when it is none or unsure."""
    words = set()
    for thing in value:
        if isinstance(thing, Text):
            words.add(said(thing.s))
        elif isinstance(thing, External):
            # http.HTTPMethod.GET, aiohttp.hdrs.METH_GET
            words.add(said(thing.last.removeprefix("METH_")) if thing.last.isupper() else None)
    words.discard(None)
    return words.pop() if len(words) == 1 else None


def http_method(name: str, receiver: str, args: Sequence[Value], kwargs: Keywords) -> tuple[bool, str | None]:
    """Tell whether a call is an HTTP call, and its method if that is known."""
    if name == "partial" and args:
        names = [one.last for one in args[0] if isinstance(one, External)]
        return http_method(names[0], "", args[1:], kwargs) if names else (False, None)
    return method_of(name, receiver, list(map(word_of, args)), {key: word_of(one) for key, one in kwargs.items()})


def addresses(args: Sequence[Value], kwargs: Keywords, base: Text | None) -> Iterator[Text]:
    """Yield the texts of a call that may be its address, below the client's base URL if it has one."""
    for value in (*args, *(one for key, one in kwargs.items() if key not in NOT_URLS)):
        for thing in value:
            segments = thing.values if isinstance(thing, Listing) else ()
            for path in known(addressed(segments) if len(segments) > 3 else (thing,)):
                yield from made(url_join, [base], [path]) if base is not None else [path]


def handed_on(name: str, args: Sequence[Value], kwargs: Keywords) -> Iterator[tuple[Thing, Sequence[Value]]]:
    """Yield what a thread, an executor, ``map`` or ``partial`` may be told to call, and with what."""
    values = list(args)
    if "target" in kwargs:
        values = [kwargs["target"], *items_of(kwargs.get("args", ()))]
    for index, value in enumerate(values[:-1]):
        rest = values[index + 1 :]
        for given in [[one] for one in items_of(rest[0])] if name in _MAPPING else [rest]:
            yield from ((thing, given) for thing in value)


def unknown(thing: Thing, args: Sequence[Value], kwargs: Keywords, scope: Scope) -> Thing:
    """Return the result of a call of something unknown; a client keeps its base URL."""
    if not isinstance(thing, External):
        return External()
    base = thing.base
    if thing.last[:1].isupper() and not CONTENT.intersection(kwargs):
        base = client_base(args, kwargs)
    if thing.name == "__init__" and scope.me is not None:
        scope.me.base = client_base(args, kwargs) or scope.me.base
    return External(f"{thing.name}()", thing.foreign, base)
