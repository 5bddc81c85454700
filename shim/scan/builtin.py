"""What functions and methods of Python and of well-known libraries give."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from shim.scan import objects
from shim.scan.run import Run
from shim.scan.values import (
    UNKNOWN,
    Frame,
    Instance,
    Ref,
    Seq,
    Table,
    Text,
    Thing,
    Value,
    concat,
    join,
    known,
    url_join,
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SAME = frozenset({
    "str", "list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "copy", "deepcopy", "MappingProxyType",
    "dict", "Template", "Path", "PurePath", "PurePosixPath", "PosixPath", "AnyUrl", "HttpUrl", "furl", "repr", "fspath",
    "bytes", "cached", "freeze", "as_completed", "nonnull", "partial", "text", "SecretStr", "Field", "attrib", "ib",
})  # fmt: skip
"""Calls that give what they are given, as far as a path is concerned."""
_JOINING = frozenset({"url", "uri", "path", "endpoint", "link", "href", "join", "quote", "build", "route"})
"""Words in the names of functions that make an address out of their arguments."""
_JOINERS = frozenset({"urljoin", "urlparse", "urlsplit", "joinpath", "urllib_join", "posixpath"})


def built(name: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value | None:  # noqa: C901, PLR0912 - one case for each function
    """Return what a call of something outside of the program gives, None when that is unknown."""
    match name:
        case "getenv":
            return join([*args[1:2], *(kwargs[key] for key in ("default",) if key in kwargs), UNKNOWN])
        case "dict" | "SimpleNamespace" | "Namespace" if kwargs and not args:
            table = Table(tuple(kwargs.items()))
            return (table,) if name == "dict" else (Instance(None, dict(kwargs)),)
        case "cast" if len(args) > 1:
            return args[1]
        case "map" if len(args) > 1:
            plain = any(isinstance(thing, Ref) and thing.last in {"str", "quote", "quote_plus"} for thing in args[0])
            return args[1] if plain else (Seq((), rest=True),)
        case "filter" if len(args) > 1:
            return args[1]
        case "enumerate" if args:
            items, exact = objects.items_of(args[0])
            return (Seq(tuple((Seq((UNKNOWN, item)),) for item in items), not exact),)
        case "zip":
            return (
                Seq(
                    tuple((Seq(items),) for items in zip(*(objects.items_of(arg)[0] for arg in args), strict=False)),
                    rest=True,
                ),
            )
        case "next" if args:
            return join(objects.items_of(args[0])[0]) if objects.items_of(args[0])[0] else UNKNOWN
        case "chain" | "product":
            return (Seq(tuple(item for arg in args for item in objects.items_of(arg)[0]), rest=True),)
        case "field" | "Field" | "attrib" | "ib" if "default" in kwargs:
            return kwargs["default"]
        case "_replace" | "copy_with" | "with_path" if "path" in kwargs:
            return kwargs["path"]
        case "urlunparse" | "urlunsplit" if args:
            return join(_unsplit(thing) for thing in args[0])
        case _:
            pass
    words = {word.lower() for word in _WORD.findall(name)}
    if name in _JOINERS or words & _JOINING:
        return _address(args, kwargs)
    if name in _SAME and args:
        return url_join(args) if len(args) > 1 and name.endswith("Path") else args[0]
    return None


def _address(args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value | None:
    parts = [*args]
    if "host" in kwargs:
        parts.append(concat([(Text("https://"),), kwargs["host"]]))
    parts += [kwargs[key] for key in ("base", "base_url", "url", "path", "endpoint") if key in kwargs]
    parts = [join(_flat(thing) for thing in part) for part in parts]
    return url_join(parts) if any(known(part) for part in parts) else None


def _flat(thing: Thing) -> Value:
    return url_join(thing.items) if isinstance(thing, Seq) and thing.items else (thing,)


def _unsplit(thing: Thing) -> Value:
    if not isinstance(thing, Seq) or len(thing.items) < 3:
        return UNKNOWN
    scheme, host, path = thing.items[:3]
    return concat([scheme, (Text("://"),), host, url_join([(Text("/"),), path])])


def looked_up(thing: Thing, name: str, args: Sequence[Value]) -> Value | None:
    """Return what a method of a dict, a list or of the environment gives, None for any other."""
    match thing, name:
        case Table(), "get" | "setdefault" | "pop" if args:
            found = objects.item(thing, args[0])
            return join([*args[1:2], found])
        case Table(), "values":
            return (Seq(tuple(value for _, value in thing.items), rest=thing.rest),)
        case Table(), "items":
            return (Seq(tuple((Seq(((Text(key),), value)),) for key, value in thing.items), rest=thing.rest),)
        case ((Table() | Seq()), "copy" | "keys"):
            return (thing,)
        case ((Table() | Seq()), _):
            return UNKNOWN
        case Ref(), "get" if thing.last == "environ":
            return join([*args[1:2], UNKNOWN])
        case _:
            return None


def changed(run: Run, node: ast.expr, receiver: Value, name: str, args: Sequence[Value], frame: Frame) -> None:  # noqa: PLR0913, PLR0917 - a call's parts
    """Follow what ``append``, ``extend`` and ``update`` do to a list or dict that has a name."""
    if name not in {"append", "extend", "update"} or not args or not isinstance(node, ast.Name | ast.Attribute):
        return
    after = tuple(_grown(thing, name, args[0]) for thing in receiver)
    if after != receiver:
        objects.bind(run, node, after, frame)


def _grown(thing: Thing, name: str, given: Value) -> Thing:
    if isinstance(thing, Seq) and name == "append":
        return Seq((*thing.items, given), thing.rest)
    if isinstance(thing, Seq) and name == "extend":
        more, exact = objects.items_of(given)
        return Seq((*thing.items, *more), thing.rest or not exact)
    if isinstance(thing, Table) and name == "update":
        more_items = tuple(item for one in given if isinstance(one, Table) for item in one.items)
        return Table((*thing.items, *more_items), thing.rest)
    return thing
