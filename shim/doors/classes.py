"""Making an object of a library's class, or of one made from it, one of the shim's as well."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Any


def become(client: Any, ours: type) -> None:
    """Give an object a class that is both its own and ``ours``, whose methods stand where it calls its library's.

    That is ``ours`` itself for an object of the library's own class. Raises TypeError when Python can make no such
    class, or the object can't have it.
    """
    own: type = type(client)
    if issubclass(own, ours):
        return
    try:
        client.__class__ = ours if own in ours.__bases__ else _joined(own, ours)  # type: ignore[arg-type]  # classes can be hashed
    except TypeError as error:
        raise TypeError(f"a {own.__qualname__} can't be wrapped: {error}") from error


@cache
def _joined(own: type, ours: type) -> type:
    """Return what ``class Joined(own, ours)`` would be, which goes by the name of ``own``."""
    made_by: Any = own.__reduce_ex__

    def reduce(self: Any, protocol: int) -> Any:
        return _reduced(made_by(self, protocol), type(self), own, ours)

    def fill(namespace: dict[str, Any]) -> None:
        names = ("__module__", "__qualname__", "__doc__")
        namespace.update({name: getattr(own, name) for name in names}, __slots__=(), __reduce_ex__=reduce)

    return types.new_class(own.__name__, (own, ours), {}, fill)


def _reduced(made: Any, joined: type, own: type, ours: type) -> Any:
    """Let copies and pickles be made by way of ``own``, since the joined class can be imported from nowhere."""
    if not isinstance(made, tuple):
        return made
    function, arguments = (own if made[0] is joined else made[0]), [own if one is joined else one for one in made[1]]
    return (_made_again, (ours, function, *arguments), *made[2:])


def _made_again(ours: type, function: Callable[..., Any], *arguments: Any) -> Any:
    client = function(*arguments)
    become(client, ours)
    return client
