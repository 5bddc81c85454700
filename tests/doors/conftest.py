"""Each entry point, in a process that is clean before and after each test."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.doors import by_aiohttp, by_httpx, by_requests, by_urllib, by_urllib3
from tests.doors.door import Door
from tests.doors.process import *  # noqa: F403 - its fixtures

DOORS: dict[str, partial[Any]] = {
    "httpx": partial(by_httpx.Httpx, "httpx"), "httpx async": partial(by_httpx.Httpx, "httpx", is_awaited=True),
    "httpx2": partial(by_httpx.Httpx, "httpx2"), "httpx2 async": partial(by_httpx.Httpx, "httpx2", is_awaited=True),
    "requests": partial(by_requests.Requests), "urllib3": partial(by_urllib3.Urllib3),
    "aiohttp": partial(by_aiohttp.Aiohttp), "urllib": partial(by_urllib.Urllib),
}  # fmt: skip


def names_where(holds: Callable[[Any], bool]) -> list[str]:
    """Return the names of the entry points whose class meets a condition."""
    return [name for name, made in DOORS.items() if holds(made.func)]


def doors_where(holds: Callable[[Any], bool]) -> pytest.MarkDecorator:
    """Return a mark that runs a test for these entry points alone."""
    return pytest.mark.parametrize("door", names_where(holds), indirect=True)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    """Each entry point in turn."""
    made: Door = DOORS[request.param]()
    return made
