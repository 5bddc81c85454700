"""One retired call through one of several ways in, so that a test can say what all of them must do."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from yarl import URL

from shim import aiohttp
from shim import httpx as shim_httpx
from shim import requests as shim_requests
from shim.core.route import Memory
from shim.core.settings import RouteWord, parse_writes
from shim.doors import process
from tests.family.replay import BEFORE, LATE, caller, gateway
from tests.peers.scripted import Answer, Upstream, by_side, upstream

DOCUMENTS = ("snapshots", "restore_jobs", "instances", "instance_writes", "no_successor", "shared_tier")
PAST, FUTURE = "2020-01-01", "2999-01-01"
"""Sunsets that put the httpx door, whose clock is the process', after or before them."""

Ask = Callable[..., httpx.Response]


@contextlib.contextmanager
def through_gateway(
    origin: str, *, over: bool, route: str = "auto", patience: float = 30.0, writes: str = "off"
) -> Iterator[Ask]:
    """Call through a gateway, after all sunsets or before them; ``patience`` is in seconds without a byte."""
    now = LATE if over else BEFORE
    switched = parse_writes(writes, name="writes")
    with (
        gateway(origin, route=RouteWord(route), now=now, upstream_timeout=patience, writes=switched) as served,
        caller(served) as client,
    ):
        yield client.request


@contextlib.contextmanager
def through_httpx(origin: str, *, patience: float = 30.0, **way: Any) -> Iterator[Ask]:
    """Call with the drop-in client."""
    with settings(origin, **way), shim_httpx.Client(base_url=origin, trust_env=False, timeout=patience) as client:
        yield client.request


@contextlib.contextmanager
def settings(origin: str, *, over: bool, route: str = "auto", writes: str = "off") -> Iterator[None]:
    """Set what the Python doors obey, and let them know nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_SHIM_ROUTE", route)
        patch.setenv("ATLAS_SHIM_UPSTREAM", origin)
        patch.setenv("ATLAS_SHIM_WARNINGS", "off")
        sunset = PAST if over else FUTURE
        patch.setenv("ATLAS_SHIM_WRITES", writes)
        patch.setenv("ATLAS_SHIM_SUNSET", ",".join(f"{name}={sunset}" for name in DOCUMENTS))
        patch.setattr(process, "MEMORY", Memory())
        yield


@contextlib.contextmanager
def through_requests(origin: str, *, patience: float = 30.0, **way: Any) -> Iterator[Ask]:
    """Call with the drop-in session of requests; its replies have what the tests look at."""
    with settings(origin, **way), shim_requests.Session() as session:
        session.trust_env = False

        def ask(method: str, target: str, content: bytes | None = None, **options: Any) -> Any:
            return session.request(
                method, origin + target, data=content, timeout=patience, allow_redirects=False, **options
            )

        yield ask


DOORS: dict[str, Any] = {"gateway": through_gateway, "httpx": through_httpx, "requests": through_requests}


@contextlib.contextmanager
def playing(
    door: Any, *, over: bool = True, answer: Answer | None = None, sides: dict[str, bytes] | None = None, **options: Any
) -> Iterator[tuple[Upstream, Ask]]:
    """Run an upstream that answers by ``sides``, or as ``answer`` says, and open a way in to it."""
    with upstream(answer or by_side(**(sides or {}))) as atlas, door(atlas.origin, over=over, **options) as ask:
        yield atlas, ask


async def _ask(session: aiohttp.ClientSession, method: str, url: str, data: bytes | None, options: Any) -> Any:
    """Call, and return the reply, or raise the fault, as httpx has them."""
    target = URL(url, encoded=True)
    try:
        async with session.request(method, target, data=data, allow_redirects=False, **options) as response:
            content = await response.read()
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ReadTimeout(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error
    lines = [(name, value) for name, value in response.raw_headers if name.lower() != b"content-encoding"]
    return httpx.Response(response.status, headers=lines, content=content, request=httpx.Request(method, url))


@contextlib.contextmanager
def through_aiohttp(origin: str, *, patience: float = 30.0, **way: Any) -> Iterator[Ask]:
    """Call with the drop-in session, each call in the same loop."""

    async def opened() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=patience, sock_connect=patience))

    with settings(origin, **way), asyncio.Runner() as runner:
        session = runner.run(opened())

        def ask(method: str, target: str, content: bytes | None = None, **options: Any) -> Any:
            return runner.run(_ask(session, method, origin + target, content, options))

        try:
            yield ask
        finally:
            runner.run(session.close())


WRITE_DOORS: dict[str, Any] = {**DOORS, "aiohttp": through_aiohttp}
"""The ways in that writes are tested through: whether one is sent twice is each library's own business."""
