"""The driver of all doors: what has to be done is said once, and done by blocking or by awaiting.

steps =(what to call)=> drive or adrive: calls it, sends back what it returned, until
there is a result
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[Callable[[], Any], Any, T]
"""Yields what is to be called, is sent what that returned, and returns a result."""


def drive(todo: Steps[T]) -> T:
    """Run the steps of an exchange, until there is a response."""
    try:
        call = next(todo)
        while True:
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - the exchange gets any exception
                call = todo.throw(error)
            else:
                call = todo.send(result)
    except StopIteration as end:
        returned: T = end.value
        return returned


async def adrive(todo: Steps[T]) -> T:
    """Do as ``drive`` does, and await each call."""
    try:
        call = next(todo)
        while True:
            try:
                result = await call()
            except BaseException as error:  # noqa: BLE001 - as above
                call = todo.throw(error)
            else:
                call = todo.send(result)
    except StopIteration as end:
        returned: T = end.value
        return returned
