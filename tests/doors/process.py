"""A clean process for each test, the fake Atlas on a socket, and an Atlas whose replies a test sets."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
import requests

import shim
from shim.core.route import Memory
from shim.doors import notice, process, recognition
from shim.doors.environment import VARIABLES
from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from shim.origins import BASE_URL_VARIABLES
from tests.doors.calls import SNAPSHOTS
from tests.peers.answering import Answer, answering
from tests.peers.raw import Arrivals

__all__ = ["atlas", "clean_process", "closing", "early", "off", "raw", "retired"]


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove settings and knowledge of other tests, and proxies."""
    for name in (*VARIABLES, *BASE_URL_VARIABLES, "NETRC"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(process, "MEMORY", Memory())
    notice.warned.clear()
    recognition._named.clear()  # ports, and so origins, come again


@pytest.fixture(autouse=True)
def closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the sessions of a test, which would otherwise warn about their sockets."""
    sessions: list[requests.Session] = []
    original = requests.Session.__init__

    def remember(self: requests.Session) -> None:
        sessions.append(self)
        original(self)

    monkeypatch.setattr(requests.Session, "__init__", remember)
    yield
    for session in sessions:
        session.close()


@pytest.fixture(autouse=True)
def off() -> Iterator[None]:
    """Switch off what a test switches on."""
    shim.uninstall()
    yield
    shim.uninstall()


@pytest.fixture
def atlas(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A fake Atlas after the sunset; the shim covers its origin."""
    with FakeServer(FakeAtlas()) as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield server


@pytest.fixture
def retired(atlas: FakeServer) -> str:
    """The URL of a retired call to the fake Atlas."""
    return f"{atlas.url}{SNAPSHOTS}"


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], Arrivals]]:
    """Start raw servers whose origins the shim covers, one at a time."""
    with contextlib.ExitStack() as running:

        def start(answer: Answer) -> Arrivals:
            server = running.enter_context(answering(answer))
            monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
            return server

        yield start


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a date before the sunset, so that a reply must correct the decision."""
    monkeypatch.setenv(
        "ATLAS_SHIM_SUNSET", "snapshots=2999-01-01,restore_jobs=2999-01-01"
    )
