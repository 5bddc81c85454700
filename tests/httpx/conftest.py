"""A clean process for each test, the fake Atlas on a socket, and the retired calls that tests make."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shim.core.memory import Memory
from shim.dropin import runtime as process
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from shim.fake.server import FakeServer, serve_in_thread
from tests.peers.answering import Answer, RawServer

SNAPSHOTS = f"/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting and nothing learned is left from another test, and no proxy stands in the way."""
    for name in (*process.VARIABLES, "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(process, "MEMORY", Memory())


@pytest.fixture
def atlas(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A fake Atlas after the sunset; the shim covers its origin."""
    with serve_in_thread(FakeAtlas()) as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield server


@pytest.fixture
def retired(atlas: FakeServer) -> str:
    """The URL of a retired call to the fake Atlas."""
    return f"{atlas.url}{SNAPSHOTS}"


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], RawServer]]:
    """Starts raw servers whose origins the shim covers, the last one at a time."""
    servers: list[RawServer] = []

    def start(answer: Answer) -> RawServer:
        server = RawServer(answer)
        servers.append(server.__enter__())
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        return server

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture(params=["httpx", "httpx2"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the tests of a module run over both libraries: its ``httpx`` is the drop-in, its ``plain`` the library.

    Returns the library.
    """
    plain = pytest.importorskip(request.param)
    monkeypatch.setattr(request.module, "httpx", importlib.import_module(f"shim.{request.param}"))
    if hasattr(request.module, "plain"):
        monkeypatch.setattr(request.module, "plain", plain)
    return plain


@pytest.fixture
def fake_transport(either: Any) -> Callable[[FakeAtlas], Any]:
    """Puts a fake Atlas under either library without a socket."""

    def build(fake: FakeAtlas) -> Any:
        def answer(request: Any) -> Any:
            target = request.url.raw_path.decode("ascii")
            got = fake.handle(request.method, target, request.headers.multi_items(), request.read())
            return either.Response(got.status, headers=got.headers, content=got.body)

        return either.MockTransport(answer)

    return build
