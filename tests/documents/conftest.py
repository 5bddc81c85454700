"""The invented APIs, and every way in to a process that was told of them by one variable."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from shim.core.context import Memory
from shim.core.settings import parse_sunsets
from shim.doors import process
from shim.gateway import Options, serve_in_thread
from tests.doors import by_httpx, by_requests
from tests.doors.by_aiohttp import Aiohttp
from tests.doors.by_urllib import Urllib
from tests.doors.by_urllib3 import Urllib3
from tests.doors.door import Door as Library
from tests.peers.served import LOOPBACK

APIS = Path(__file__).parent / "apis"


@attrs.frozen
class Got:
    """What a caller got, by whatever door; field names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes


Ask = Callable[..., Got]
Door = Callable[[str], Any]


def _got(response: Any) -> Got:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Got(response.status_code, headers, response.content)


@contextmanager
def through_gateway(origin: str) -> Iterator[Ask]:
    """Call through the gateway with a plain client."""
    sunset = parse_sunsets(os.environ.get("ATLAS_SHIM_SUNSET", ""))
    options = Options(upstream=origin, sunset=sunset, listen=LOOPBACK, admin=None, drain=2.0)
    with (
        serve_in_thread(options) as served,
        httpx.Client(base_url=served.url, trust_env=False) as client,
    ):
        yield lambda method, target, **options: _got(client.request(method, target, **options))


def through(door: type[Library], *names: str) -> Door:
    """Call with the client that a library's door opens."""

    @contextmanager
    def opened(origin: str) -> Iterator[Ask]:
        library = door(*names)
        with library.open() as client:

            def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
                body = {} if content is None else library.forms(content)["bytes"]()
                got = client.ask(origin + target, method, headers, **body)
                return Got(got.status, {name.lower(): value for name, value in got.fields}, got.content)

            yield ask

    return opened


DOORS: dict[str, Door] = {
    "gateway": through_gateway,
    "client": through(by_httpx.Blocking, "httpx"),
    "async client": through(by_httpx.Async, "httpx"),
    "requests": through(by_requests.Requests),
    "urllib3": through(Urllib3),
    "aiohttp": through(Aiohttp),
    "urllib": through(Urllib),
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The process is told of the documents, and knows nothing from another test."""
    folder = request.getfixturevalue("folder") if "folder" in request.fixturenames else APIS
    for name in ("ATLAS_SHIM_ROUTE", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_UPSTREAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(folder))
    monkeypatch.setattr(process, "MEMORY", Memory())


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Each way in, in turn; its origin is covered."""

    def opened(origin: str) -> Any:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", origin)
        return DOORS[request.param](origin)

    return opened
