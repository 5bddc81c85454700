"""``/status.json`` read back into its values, by programs that ask for it."""

from __future__ import annotations

import typing
from typing import Any, TypeVar

import attrs

from shim.gateway.board.status import FORMAT, Status

_T = TypeVar("_T")


def read_status(value: Any) -> Status:
    """Return the values of decoded JSON; members that are not known are left out.

    Raises ValueError for another format, and for what is no status.
    """
    try:
        if value["format"] != FORMAT:
            raise ValueError(f"format {value['format']!r}, and this version reads {FORMAT}")
        return _read(Status, value)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is no status of a gateway") from error


def _read(kind: type[_T], value: Any) -> _T:
    hints = typing.get_type_hints(kind)
    return kind(**{name: _of(hint, value[name]) for name, hint in hints.items() if name in value})


def _of(hint: Any, value: Any) -> Any:
    parts = typing.get_args(hint)
    if isinstance(value, list):
        return tuple(_of(parts[0], one) for one in value)
    kinds = [one for one in (hint, *parts) if attrs.has(one)]
    return _read(kinds[0], value) if kinds and value is not None else value
