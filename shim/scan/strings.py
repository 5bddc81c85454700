"""What Python's own ways of putting texts together make of texts known in parts."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence

from shim.scan.values import HOLE, UNKNOWN, Seq, Table, Text, Value, concat, join, text, texts, url_join

_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[hlL]?([diouxXeEfFgGcrsa%])")
_DOLLAR = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")
_SAME = frozenset({
    "strip", "lstrip", "rstrip", "encode", "decode", "human_repr", "geturl", "as_posix", "__str__", "tostr",
    "update_query", "with_query", "extend_query", "include_query_params", "copy_merge_params", "with_fragment",
    "copy_add_param", "copy_set_param", "expandtabs", "copy",
})  # fmt: skip
"""Methods whose result is the text again, as far as a path is concerned."""
_JOINING = frozenset({"joinpath", "with_path", "add", "set", "copy_with", "replace_path", "__truediv__"})


def filled(left: Text, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
    """Return what ``str.format`` makes of a text."""
    parts: list[Value] = []
    automatic = 0
    try:
        for literal, name, _, _ in string.Formatter().parse(left.s):
            parts.append((Text(literal, left.atoms),))
            if name is None:
                continue
            key = re.split(r"[.\[]", name, maxsplit=1)[0]
            if not key:
                key, automatic = str(automatic), automatic + 1
            whole = key == name or not name
            if key.isdigit():
                value = args[int(key)] if int(key) < len(args) else UNKNOWN
            else:
                value = kwargs.get(key, UNKNOWN)
            parts.append(value if whole else UNKNOWN)
    except ValueError:
        return (left,)
    return concat(parts)


def percent(left: Text, right: Value) -> Value:
    """Return what the ``%`` operator makes of a text."""
    return join(_percent(left, alternative) for alternative in right)


def _percent(left: Text, right: object) -> Value:
    items = right.items if isinstance(right, Seq) else ()
    parts: list[Value] = []
    at = taken = 0
    for found in _PERCENT.finditer(left.s):
        parts.append((Text(left.s[at : found.start()], left.atoms),))
        at = found.end()
        if found[2] == "%":
            parts.append((Text("%"),))
        elif found[1] is not None:
            parts.append((right.get(found[1]) if isinstance(right, Table) else None) or UNKNOWN)
        elif isinstance(right, Text) and not taken:
            parts.append((right,))
            taken = 1
        else:
            parts.append(items[taken] if isinstance(right, Seq) and taken < len(items) else UNKNOWN)
            taken += 1
    return concat([*parts, (Text(left.s[at:], left.atoms),)])


def substituted(left: Text, table: Mapping[str, Value]) -> Value:
    """Return what ``string.Template.substitute`` makes of a text."""
    parts: list[Value] = []
    at = 0
    for found in _DOLLAR.finditer(left.s):
        parts.append((Text(left.s[at : found.start()], left.atoms),))
        at = found.end()
        parts.append((Text("$"),) if found[3] else table.get(found[1] or found[2], UNKNOWN))
    return concat([*parts, (Text(left.s[at:], left.atoms),)])


def joined(separator: Text, items: Value) -> Value:
    """Return what ``str.join`` makes of a list; one that may have more items ends in a hole."""
    return join(_joined(separator, thing) if isinstance(thing, Seq) else (Text(HOLE),) for thing in items)


def _joined(separator: Text, items: Seq) -> Value:
    parts: list[Value] = []
    for item in items.items:
        parts += [(separator,), item] if parts else [item]
    return concat([*parts, *([(Text(HOLE),)] if items.rest else [])])


def method(left: Text, name: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value | None:
    """Return the result of a method of a text (or of a URL or path object), None for one that is not known."""
    first = args[0] if args else UNKNOWN
    match name:
        case "format":
            return filled(left, args, kwargs)
        case "format_map" | "substitute" | "safe_substitute":
            table = dict(kwargs)
            for thing in first:
                table.update(thing.items if isinstance(thing, Table) else ())
            return substituted(left, table) if "sub" in name else filled(left, (), table)
        case "join":
            if any(isinstance(thing, Seq) for thing in first):
                return joined(left, first)
            return url_join([(left,), first]) if len(left.s) > 1 else (Text(HOLE),)
        case "lower" | "upper" | "casefold":
            changed = left.s.upper() if name == "upper" else left.s.lower()
            return (text(changed, left.atoms),) if len(left.s) < 40 else (left,)
        case "replace" if args:
            return _replaced(left, args)
        case "removeprefix" | "removesuffix":
            return join((text(getattr(left.s, name)(part.s), left.atoms),) for part in texts(first))
        case "split" | "partition" | "rsplit" | "rpartition" | "splitlines":
            return (Seq((), rest=True),)
        case _ if name in _JOINING:
            return url_join([(left,), *args, *(kwargs[key] for key in ("path", "raw_path") if key in kwargs)])
        case _:
            return (left,) if name in _SAME else None


def _replaced(left: Text, args: Sequence[Value]) -> Value:
    news = texts(args[1]) if len(args) > 1 else (Text(HOLE),)
    return tuple(
        text(left.s.replace(old.s, new.s), left.atoms | (new.atoms if old.s in left.s else frozenset()))
        for old in texts(args[0])
        if old.s and HOLE not in old.s
        for new in news
    ) or (left,)
