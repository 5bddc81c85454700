"""Each door, in a process that is clean before and after each test."""

from collections.abc import Callable

import pytest

from tests.doors import by_aiohttp, by_httpx, by_requests, by_urllib, by_urllib3
from tests.doors.door import Door
from tests.doors.process import *  # noqa: F403 - its fixtures

DOORS: dict[str, Callable[[], Door]] = {
    "httpx": lambda: by_httpx.Blocking("httpx"),
    "httpx async": lambda: by_httpx.Async("httpx"),
    "httpx2": lambda: by_httpx.Blocking("httpx2"),
    "httpx2 async": lambda: by_httpx.Async("httpx2"),
    "requests": by_requests.Requests,
    "urllib3": by_urllib3.Urllib3,
    "aiohttp": by_aiohttp.Aiohttp,
    "urllib": by_urllib.Urllib,
}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    """Each door in turn."""
    return DOORS[request.param]()
