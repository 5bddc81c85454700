"""The functions of Go's text/template, and how Go prints values."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from shim.cli.atlas_cli.structs import Pointer, Struct, Time

SHORT_CIRCUITS: Mapping[str, bool] = {"and": False, "or": True}
"""Function -> the truth at which it stops and returns what has it."""

_LAYOUT = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|-07:00|-0700|Z07:00|Z0700|01|02|03|04|05|06|15|PM|pm|_2|[.,]0+|[.,]9+|[12345]"
)
_LAYOUTS: Mapping[str, str] = {
    "January": "%B",
    "Jan": "%b",
    "Monday": "%A",
    "Mon": "%a",
    "2006": "%Y",
    "01": "%m",
    "02": "%d",
    "03": "%I",
    "04": "%M",
    "05": "%S",
    "06": "%y",
    "15": "%H",
    "PM": "%p",
    "-0700": "%z",
}
_UNPADDED: Mapping[str, str] = {"1": "%m", "2": "%d", "3": "%I", "4": "%M", "5": "%S"}
_VERB = re.compile(r"%([-+ #0]*)(\d*)(?:\.(\d*))?(.|$)", re.DOTALL)


def target(value: Any) -> Any:
    """Return what a pointer points to, anything else as it is."""
    return value.to if isinstance(value, Pointer) else value


def truth(value: Any) -> bool:
    """Tell whether Go takes a value for true: a pointer that is not nil, or anything but its type's zero."""
    return isinstance(value, Pointer | Struct | Time) or bool(value)


def printed(value: Any) -> str:
    """Return a value as ``fmt.Print`` writes it; raises ValueError on a struct, which Go writes with addresses."""
    value = target(value)
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{' '.join(printed(one) for one in value)}]"
        case float():
            return f"{value:g}"
        case Struct(kind, _):
            raise ValueError(f"a whole admin.{kind} can't be printed; print its fields, or use -o json")
    return str(value)


def format_time(value: Time, layout: str) -> str:
    """Format a time after Go's reference time, Mon Jan 2 15:04:05 MST 2006."""
    return _LAYOUT.sub(lambda found: _element(value, found[0]), layout)


def _element(value: Time, element: str) -> str:
    when = value.when
    if element in _LAYOUTS:
        return when.strftime(_LAYOUTS[element])
    if element in _UNPADDED:
        return when.strftime(_UNPADDED[element]).lstrip("0") or "0"
    match element:
        case "pm":
            return when.strftime("%p").lower()
        case "_2":
            return f"{when.day:2}"
        case "MST":
            return str(value).rsplit(" ", 1)[1]
        case "-07:00" | "Z07:00" | "Z0700":
            zone = when.strftime("%z") if element == "Z0700" else when.isoformat()[-6:]
            return "Z" if element[0] == "Z" and not when.utcoffset() else zone
    if element[1] == "9":
        digits = f"{when.microsecond:06}".ljust(9, "0")[: len(element) - 1].rstrip("0")
        return element[0] + digits if digits else ""
    return element[0] + f"{when.microsecond:06}".ljust(9, "0")[: len(element) - 1]


def _print(*values: Any) -> str:
    """Join values; a space goes between two of which neither is a string."""
    out, before = "", True
    for value in map(target, values):
        text = isinstance(value, str)
        out += ("" if before or text or not out else " ") + printed(value)
        before = text
    return out


def _println(*values: Any) -> str:
    return " ".join(map(printed, values)) + "\n"


def _printf(layout: str, *values: Any) -> str:
    rest = [target(value) for value in values]
    out = _VERB.sub(lambda found: _verb(found, rest), layout)
    extra = ", ".join(f"{_type(value)}={printed(value)}" for value in rest)
    return out + (f"%!(EXTRA {extra})" if rest else "")


def _verb(found: re.Match[str], rest: list[Any]) -> str:
    flags, width, digits, verb = found.groups()
    if verb == "%":
        return "%"
    if not rest:
        return f"%!{verb}(MISSING)" if verb else "%!(NOVERB)"
    value = rest.pop(0)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match verb:
        case "s" | "v" if verb == "v" or not (number or isinstance(value, bool)):
            text = printed(value)
            text = text[: int(digits or 0)] if digits is not None and verb == "s" else text
        case "q" if isinstance(value, str):
            text = json.dumps(value, ensure_ascii=False)
        case "t" if isinstance(value, bool):
            text = printed(value)
        case "d" | "x" | "X" | "o" if number and isinstance(value, int):
            sign = "+" if "+" in flags else ""
            padded = f"0{width}" if "0" in flags and width and "-" not in flags else ""
            text = format(value, f"{sign}{padded}{verb}")
        case "f" | "g" | "e" if isinstance(value, float):
            text = format(value, f".{digits or 6}{verb}")
        case _:
            return f"%!{verb}({_type(value)}={printed(value)})"
    return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))


def _type(value: Any) -> str:
    names = {str: "string", bool: "bool", int: "int", float: "float64", type(None): "<nil>", Time: "time.Time"}
    return names.get(type(value), "slice")


def _index(value: Any, *keys: Any) -> Any:
    for key in map(target, keys):
        value = target(value)
        if not isinstance(value, list | str):
            raise TypeError(f"can't index item of {printed(value)}")
        if type(key) is not int or not 0 <= key < len(value):
            raise ValueError(f"index out of range: {printed(key)}")
        value = value.encode()[key] if isinstance(value, str) else value[key]
    return value


def _slice(value: Any, *bounds: Any) -> Any:
    value, bounds = target(value), tuple(map(target, bounds))
    start, end = (*bounds, 0, 0)[0] if bounds else 0, bounds[1] if len(bounds) > 1 else len(value)
    if not 0 <= start <= end <= len(value):
        raise ValueError(f"index out of range: {start}:{end}")
    return value[start:end]


def _len(value: Any) -> int:
    value = target(value)
    if value is None:
        return 0
    if not isinstance(value, list | str):
        raise TypeError(f"len of {printed(value)}")
    return len(value.encode()) if isinstance(value, str) else len(value)


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise ValueError("missing argument for comparison")
    return any(_same(target(first), target(other)) for other in others)


def _same(one: Any, other: Any) -> bool:
    if None not in (one, other) and type(one) is not type(other):
        raise ValueError("incompatible types for comparison")
    return bool(one == other)


def _lt(one: Any, other: Any) -> bool:
    one, other = target(one), target(other)
    if type(one) is not type(other) or not isinstance(one, str | int | float):
        raise ValueError("incompatible types for comparison")
    return bool(one < other)


def _escape(*values: Any) -> str:
    return html.escape(_print(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "eq": _eq,
    "ge": lambda one, other: not _lt(one, other),
    "gt": lambda one, other: not _lt(one, other) and not _same(target(one), target(other)),
    "html": _escape,
    "index": _index,
    "le": lambda one, other: _lt(one, other) or _same(target(one), target(other)),
    "len": _len,
    "lt": _lt,
    "ne": lambda one, other: not _same(target(one), target(other)),
    "not": lambda value: not truth(value),
    "print": _print,
    "printf": _printf,
    "println": _println,
    "slice": _slice,
    "urlquery": lambda *values: quote_plus(_print(*values)),
    "valueOrEmptySlice": lambda value: value,
}
"""The functions of text/template that make sense here, and the CLI's own ``valueOrEmptySlice``."""
