"""The driver of all doors: steps are written once, and run by blocking or by awaiting.

steps =(a callable)=> drive or adrive: calls it, sends back its result, until there is a
final result
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[Callable[[], Any], Any, T]
"""Yields callables, receives their results, and returns a final result."""


def drive(todo: Steps[T]) -> T:
    """Run the steps of an exchange until they return a response."""
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
    """Do what ``drive`` does, but await each call."""
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
