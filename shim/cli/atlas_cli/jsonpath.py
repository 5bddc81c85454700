"""The part of JSONPath that scripts gave the Atlas CLI: members, elements, ``*``, ``..``, slices and filters.

A path that can mean one value only returns that value, any other a list, as the CLI's library did. Errors are
worded as there.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

_STEP = re.compile(
    r"""(?P<deep>\.\.)|\.(?=\[)|\.?(?P<all>\*)|\.?(?P<name>[A-Za-z_][\w-]*)
    |\[\s*(?:(?P<star>\*)|(?P<index>-?\d+)|(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?|\?\s*\((?P<filter>(?:"[^"]*"|'[^']*'|[^()"'])*)\))\s*\]""",
    re.VERBOSE,
)
_FILTER = re.compile(
    r"""\s*@(?P<path>(?:\.[A-Za-z_][\w-]*)*)\s*
    (?:(?P<sign>==|!=|<=|>=|<|>)\s*(?P<value>"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|true|false|null))?\s*""",
    re.VERBOSE,
)
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class PathError(Exception):
    """A path that can't be read, or that leads nowhere in this JSON."""


@attrs.frozen
class _Step:
    """One step: the values that it leads to from one, and whether they may be several."""

    values: Callable[[Any], Iterator[Any]]
    many: bool = False


def select(path: str, value: Any) -> Any:
    """Return what a path leads to; raises PathError."""
    if not path:
        raise PathError("empty jsonpath")
    steps = list(_steps(path))
    many = any(step.many for step in steps)
    found = [value]
    for step in steps:
        found = [inner for one in found for inner in _follow(step, one, many=many)]
    return found if many else found[0]


def _follow(step: _Step, value: Any, *, many: bool) -> list[Any]:
    """Take a step; where a path means several values, those that can't take it are left out."""
    try:
        return list(step.values(value))
    except PathError:
        if many:
            return []
        raise


def _steps(path: str) -> Iterator[_Step]:
    at = 1 if path[0] == "$" else 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or found.end() == at:
            raise PathError(
                f"atlas-shim can't read {path[at:]!r} in the path {path!r}; it speaks .name, [0], [-1], ['name'], "
                "*, .., [1:3] and [?(@.name == 'value')], and jq speaks the rest (-o json | jq)"
            )
        at = found.end()
        if (step := _step(found)) is not None:
            yield step


def _step(found: re.Match[str]) -> _Step | None:
    if found["deep"]:
        return _Step(_descendants, many=True)
    if found["all"] or found["star"]:
        return _Step(_children, many=True)
    if found["name"]:
        return _Step(_member(found["name"]))
    if found["quoted"]:
        return _Step(_member(_text(found["quoted"])))
    if found["index"]:
        return _Step(_element(int(found["index"])))
    if found["filter"] is not None:
        return _Step(_filter(found["filter"]), many=True)
    if found[0] == ".":
        return None
    start, end = (None if found[name] is None else int(found[name]) for name in ("start", "end"))
    return _Step(lambda value: iter(value[start:end] if isinstance(value, list) else ()), many=True)


def _text(quoted: str) -> str:
    return str(json.loads(quoted)) if quoted[0] == '"' else quoted[1:-1].replace("\\'", "'")


def _children(value: Any) -> Iterator[Any]:
    yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _descendants(child)


def _member(name: str) -> Callable[[Any], Iterator[Any]]:
    def values(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            raise PathError(f"could not select value, invalid key: expected number but got {name} (string)")
        if not isinstance(value, dict):
            raise PathError(_unselectable(value))
        if name not in value:
            raise PathError(f"unknown key {name}")
        yield value[name]

    return values


def _element(index: int) -> Callable[[Any], Iterator[Any]]:
    def values(value: Any) -> Iterator[Any]:
        if not isinstance(value, list):
            raise PathError(f"unknown key {index}" if isinstance(value, dict) else _unselectable(value))
        if not -len(value) <= index < len(value):
            raise PathError(f"index {index} out of bounds")
        yield value[index]

    return values


def _unselectable(value: Any) -> str:
    kind = {str: "string", bool: "bool", int: "float64", float: "float64", type(None): "<nil>"}[type(value)]
    return f"unsupported value type {kind} for select, expected map[string]interface{{}} or []interface{{}}"


def _filter(text: str) -> Callable[[Any], Iterator[Any]]:
    found = _FILTER.fullmatch(text)
    if found is None:
        raise PathError(
            f"atlas-shim can't read the filter {text!r}; it speaks @.name and @.name == 'value', with "
            "!=, <, <=, > and >= as well, and jq speaks the rest (-o json | jq)"
        )
    names = [name for name in found["path"].split(".") if name]
    sign, literal = found["sign"], found["value"]
    wanted = None if literal is None else _text(literal) if literal[0] in "\"'" else json.loads(literal)

    def fits(value: Any) -> bool:
        for name in names:
            if not isinstance(value, dict) or name not in value:
                return False
            value = value[name]
        if sign is None:
            return value is not None and value is not False
        try:
            return _SIGNS[sign](value, wanted)
        except TypeError:
            return False

    return lambda value: (one for one in _children(value) if fits(one))
