"""What functions and methods of Python and of well-known libraries give, as far as a path is concerned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from shim.scan.methods import words_of
from shim.scan.python.values import (
    UNKNOWN,
    External,
    Function,
    Keywords,
    Listing,
    Thing,
    Value,
    addressed,
    either,
    item,
    items_of,
    joined,
    known,
    texts,
)
from shim.scan.texts import HOLE, Text, filled, made, percent, substituted

GROWING = frozenset({"append", "extend", "update"})
"""Methods that change the list or dict they are called on."""
_JOINING_METHODS = frozenset({"joinpath", "with_path", "add", "set", "copy_with", "replace_path", "__truediv__"})
_CASES = frozenset({"lower", "upper", "casefold"})
_ARGUMENTS = {"strip": 1, "lstrip": 1, "rstrip": 1, "removeprefix": 1, "removesuffix": 1, "replace": 2}
"""Methods of a text that are done, and how many of their arguments count."""
_SPLITS = frozenset({"split", "partition", "rsplit", "rpartition", "splitlines"})
_SAME = frozenset({
    "str", "list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "copy", "deepcopy", "MappingProxyType",
    "dict", "Template", "Path", "PurePath", "PurePosixPath", "PosixPath", "AnyUrl", "HttpUrl", "furl", "repr", "fspath",
    "bytes", "cached", "freeze", "as_completed", "nonnull", "text", "SecretStr", "Field", "attrib", "ib",
})  # fmt: skip
"""Calls that give what they are given."""
_JOINING = frozenset({"url", "uri", "path", "endpoint", "link", "href", "join", "quote", "build", "route"})
"""Words in the names of functions that make an address out of their arguments."""
_JOINERS = frozenset({"urljoin", "urlparse", "urlsplit", "joinpath", "urllib_join", "posixpath"})


def method(thing: Thing, name: str, args: Sequence[Value], kwargs: Keywords) -> Value | None:
    """Return what a method of a text, list, dict or of the environment gives, None for any other."""
    if isinstance(thing, Text):
        return _text_method(thing, name, args, kwargs)
    if isinstance(thing, Listing):
        return _items_method(thing, name, args, kwargs)
    if isinstance(thing, External) and thing.last == "environ" and name == "get":
        return either([*args[1:2], UNKNOWN])
    return None


def _items_method(thing: Listing, name: str, args: Sequence[Value], kwargs: Keywords) -> Value:
    keys, values = thing.keys, thing.values
    match name:
        case "get" | "setdefault" | "pop" if args and keys is not None:
            return either([*args[1:2], item(thing, args[0])])
        case "values":
            return (Listing(values),)
        case "items" if keys is not None:
            return (Listing(tuple((Listing(((Text(key),), value)),) for key, value in zip(keys, values, strict=True))),)
        case "copy" | "keys":
            return (thing,)
        case "append" if args and keys is None:
            return (Listing((*values, args[0])),)
        case "extend" if args and keys is None:
            return (Listing((*values, *(items_of(args[0]) or [UNKNOWN]))),)
        case "update":
            return (thing.updated({**mapping(args[0] if args else ()), **kwargs}),)
        case _:
            return UNKNOWN


def dict_of(items: Keywords) -> Listing:
    """Return a dict."""
    return Listing(tuple(items.values()), tuple(items))


def mapping(value: Value) -> dict[str, Value]:
    """Return the keys and values of what may be a dict."""
    dicts = (thing for thing in value if isinstance(thing, Listing))
    return {key: one for thing in dicts for key, one in zip(thing.keys or (), thing.values, strict=False)}


def _text_method(left: Text, name: str, args: Sequence[Value], kwargs: Keywords) -> Value:
    """Return what a method of a text, or of a URL or path object, gives: the text itself unless it is known better."""
    if name == "format":
        return _made_with(filled, left, args, kwargs)
    if name == "format_map":
        return _made_with(filled, left, (), mapping(args[0]) if args else {})
    if name in {"substitute", "safe_substitute"}:
        return _made_with(substituted, left, (), {**mapping(args[0] if args else ()), **kwargs})
    if name == "join" and args:
        lists = [thing.values or (UNKNOWN,) for thing in args[0] if isinstance(thing, Listing)]
        if lists:
            return either(joined([part for one in values for part in ((left,), one)][1:]) for values in lists)
        return addressed([(left,), args[0]]) if len(left.s) > 1 else (Text(HOLE),)
    if name in _CASES:
        # A name may be spelled otherwise, a whole path is not.
        return made(getattr(str, name), (left,)) if len(left.s) < 40 else (left,)
    if name in _ARGUMENTS:
        first, *others = [texts(arg) for arg in args[: _ARGUMENTS[name]]] or [[]]
        arguments = [[one for one in first if HOLE not in one.s], *others] if args else []
        try:
            return made(getattr(str, name), (left,), *arguments) or (left,)
        except TypeError:  # too few arguments
            return (left,)
    if name in _SPLITS:
        return (Listing(),)
    if name in _JOINING_METHODS:
        return addressed([(left,), *args, *(kwargs[key] for key in ("path", "raw_path") if key in kwargs)])
    return (left,)


def percented(left: Text, right: Value) -> Value:
    """Return what the ``%`` operator makes of a text."""
    return either(
        _made_with(percent, left, () if thing.keys is not None else thing.values, mapping((thing,)))
        if isinstance(thing, Listing)
        else _made_with(percent, left, [(thing,)], {})
        for thing in right
    )


def _made_with(
    fill: Callable[[str, Sequence[str], dict[str, str]], str], left: Text, args: Sequence[Value], kwargs: Keywords
) -> Value:
    """Return what filling a template gives, for each choice among the alternatives of each value."""
    count, names = len(args), list(kwargs)

    def make(template: str, *values: str) -> str:
        return fill(template, values[:count], dict(zip(names, values[count:], strict=True)))

    return made(make, (left,), *map(texts, (*args, *kwargs.values())))


def function(name: str, args: Sequence[Value], kwargs: Keywords) -> Value | None:  # noqa: C901, PLR0912 - one case for each
    """Return what a call of something outside of the program gives, None when that is unknown."""
    match name:
        case "getenv":
            return either([*args[1:2], *(kwargs[key] for key in ("default",) if key in kwargs), UNKNOWN])
        case "dict" | "SimpleNamespace" | "Namespace" if kwargs and not args:
            return (dict_of(kwargs),)
        case "cast" | "filter" if len(args) > 1:
            return args[1]
        case "map" if len(args) > 1:
            same = any(isinstance(one, External) and one.last in {"str", "quote", "quote_plus"} for one in args[0])
            return args[1] if same else (Listing(),)
        case "enumerate" if args:
            return (Listing(tuple((Listing((UNKNOWN, one)),) for one in items_of(args[0]))),)
        case "zip":
            return (Listing(tuple((Listing(row),) for row in zip(*map(items_of, args), strict=False))),)
        case "next" if args:
            return either(items_of(args[0]))
        case "chain" | "product":
            return (Listing((either(one for arg in args for one in items_of(arg)),)),)
        case "field" | "Field" | "attrib" | "ib" if "default" in kwargs:
            return kwargs["default"]
        case "_replace" | "copy_with" | "with_path" if "path" in kwargs:
            return kwargs["path"]
        case "urlunparse" | "urlunsplit" if args:
            return either(_unsplit(thing) for thing in args[0])
        case "partial" if args:
            given, named = tuple(args[1:]), tuple(kwargs.items())
            return tuple(
                attrs.evolve(one, args=(*one.args, *given), kwargs=(*one.kwargs, *named))
                if isinstance(one, Function)
                else one
                for one in args[0]
            )
        case _ if name in _JOINERS or not _JOINING.isdisjoint(words_of(name)):
            return _address(args, kwargs)
        case _ if name in _SAME and args:
            return addressed(args) if len(args) > 1 and name.endswith("Path") else args[0]
        case _:
            return None


def _address(args: Sequence[Value], kwargs: Keywords) -> Value | None:
    host = [joined([(Text("https://"),), kwargs["host"]])] if "host" in kwargs else []
    parts = [*args, *host, *(kwargs[key] for key in ("base", "base_url", "url", "path", "endpoint") if key in kwargs)]
    flat = [either(addressed(one.values) if isinstance(one, Listing) else (one,) for one in part) for part in parts]
    return addressed(flat) if any(known(part) for part in flat) else None


def _unsplit(thing: Thing) -> Value:
    if not isinstance(thing, Listing) or len(thing.values) < 3:
        return UNKNOWN
    scheme, host, path = thing.values[:3]
    return joined([scheme, (Text("://"),), host, addressed([(Text("/"),), path])])


def client_base(args: Sequence[Value], kwargs: Keywords) -> Text | None:
    """Return the base URL that an HTTP client is made with."""
    given = next((kwargs[key] for key in ("base_url", "base", "url", "host") if key in kwargs), None)
    found = known(given) if given is not None else [one for value in args[:1] for one in known(value) if "://" in one.s]
    return next((one for one in found if one.s.strip(HOLE)), None)
