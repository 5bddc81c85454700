"""One retired call through one of several entry points, so that a test can run for all of them."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from shim.core.route import Memory
from shim.core.settings import RouteWord, parse_writes
from shim.doors import process
from tests.doors.conftest import DOORS as LIBRARIES
from tests.family.replay import BEFORE, LATE, caller
from tests.peers.scripted import Answer, Upstream, by_side, upstream
from tests.peers.served import gateway

DOCUMENTS = (
    "snapshots",
    "restore_jobs",
    "instances",
    "instance_writes",
    "no_successor",
    "shared_tier",
)
PAST = "2020-01-01"
FUTURE = "2999-01-01"
"""Sunsets that make the process's clock, which entry points use, a time after or before them."""

Ask = Callable[..., httpx.Response]


@contextlib.contextmanager
def through_gateway(
    origin: str,
    *,
    over: bool,
    route: str = "auto",
    patience: float = 30.0,
    writes: str = "off",
) -> Iterator[Ask]:
    """Call through a gateway, after all sunsets or before them; ``patience`` is in seconds without a byte."""
    now = LATE if over else BEFORE
    switched = parse_writes(writes, name="writes")
    with (
        gateway(
            origin,
            route=RouteWord(route),
            now=now,
            upstream_timeout=patience,
            writes=switched,
        ) as served,
        caller(served) as client,
    ):
        yield client.request


@contextlib.contextmanager
def through(
    name: str,
    origin: str,
    *,
    over: bool,
    route: str = "auto",
    patience: float = 30.0,
    writes: str = "off",
) -> Iterator[Ask]:
    """Call through a library that has learned nothing yet; replies and faults have httpx's types."""
    sunset = PAST if over else FUTURE
    door = LIBRARIES[name]()

    def ask(
        method: str,
        target: str,
        content: bytes | None = None,
        json: Any = None,
        **options: Any,
    ) -> httpx.Response:
        request = httpx.Request(
            method, origin + target, content=content, json=json, **options
        )
        if json is not None or content is not None:
            form = {door.content: request.content}
        else:
            form = {}
        if json is not None:
            kind = {"Content-Type": "application/json"}
        else:
            kind = {}
        try:
            got = client.ask(
                origin + target,
                method,
                {**kind, **(options.get("headers") or {})},
                **form,
            )
        except (
            httpx.HTTPError,
            requests.RequestException,
            aiohttp.ClientError,
            TimeoutError,
        ) as error:
            raise (
                httpx.ReadTimeout if isinstance(error, door.late) else httpx.ReadError
            )(str(error)) from error
        lines = [
            (key, value)
            for key, value in got.fields
            if key.lower() != "content-encoding"
        ]
        return httpx.Response(
            got.status, headers=lines, content=got.content, request=request
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_SHIM_ROUTE", route)
        patch.setenv("ATLAS_SHIM_UPSTREAM", origin)
        patch.setenv("ATLAS_SHIM_WARNINGS", "off")
        patch.setenv("ATLAS_SHIM_WRITES", writes)
        patch.setenv(
            "ATLAS_SHIM_SUNSET",
            ",".join(f"{document}={sunset}" for document in DOCUMENTS),
        )
        patch.setattr(process, "MEMORY", Memory())
        with door.open(timeout=patience, follows=False) as client:
            yield ask


DOORS: dict[str, Any] = {
    "gateway": through_gateway,
    **{name: partial(through, name) for name in ("httpx", "requests")},
}
WRITE_DOORS: dict[str, Any] = {**DOORS, "aiohttp": partial(through, "aiohttp")}
"""The entry points that writes are tested through; other libraries repeat writes by their own rules."""


@contextlib.contextmanager
def playing(
    door: Any,
    *,
    over: bool = True,
    answer: Answer | None = None,
    sides: dict[str, bytes] | None = None,
    **options: Any,
) -> Iterator[tuple[Upstream, Ask]]:
    """Run an upstream that replies by ``sides``, or as ``answer`` decides, and open an entry point to it."""
    with (
        upstream(answer or by_side(**(sides or {}))) as atlas,
        door(atlas.origin, over=over, **options) as ask,
    ):
        yield atlas, ask
