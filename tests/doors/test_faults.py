"""Network errors are each library's own exceptions, and the caller's timeouts cover everything that is sent."""

import socket
import time

import pytest

import shim
from tests.doors.calls import (
    JOBS,
    ORDERED,
    SNAPSHOTS,
    flex,
    gone,
    gone_then,
    gone_then_flex,
)
from tests.doors.conftest import doors_where
from tests.peers.answering import reply

JSON = {"Content-Type": "application/json"}


def test_no_connection(door, monkeypatch):
    """Nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", url)
    with door.open() as client, pytest.raises(door.refused) as caught:
        client.ask(url + SNAPSHOTS)
    assert "flexClusters" not in str(caught.value)


def test_a_connection_that_ends_unanswered(door, raw, early):
    """By either side of an exchange."""
    for answer in (lambda request: None, gone_then(lambda request: None)):
        server = raw(answer)
        with door.open() as client, pytest.raises(door.broken) as caught:
            client.ask(server.url + SNAPSHOTS)
        assert "flexClusters" not in str(caught.value)


TEAM = "/api/atlas/v2/orgs/o/teams/t/users"


@pytest.mark.parametrize(
    "cut", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"]
)
@pytest.mark.parametrize("done", [0, 1])
def test_a_connection_lost_between_writes(door, raw, monkeypatch, done, cut):
    """The library's own fault says what was done; nothing was sent twice."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "successor")
    monkeypatch.setenv("ATLAS_SHIM_WRITES", "people")
    nobody = reply("200 OK", body=b'{"results": []}')
    added = reply("200 OK", body=b"{}")
    replies = iter([nobody, *[added] * done, cut and iter([cut])])
    server = raw(lambda request: next(replies))
    body = door.forms(b'[{"id": "a"}, {"id": "b"}]')["bytes"]()
    with door.open() as client, pytest.raises(door.broken) as caught:
        client.ask(server.url + TEAM, "POST", JSON, **body)
    assert len(server.requests) == done + 2
    said = ['Done before: POST /api/atlas/v2/orgs/o/teams/t:addUser {"id":"a"}.'] * done
    assert getattr(caught.value, "__notes__", []) == said


@pytest.mark.parametrize("status", ["404 Not Found", "200 OK"])
def test_content_that_breaks_off(door, raw, monkeypatch, status):
    """As reading it would have raised, also while the shim reads it; the client can be used again."""
    if status.startswith("404"):
        monkeypatch.setenv("ATLAS_SHIM_SUNSET", "snapshots=2999-01-01")
    cut = f"HTTP/1.1 {status}\r\nContent-Length: 99\r\n\r\nshort".encode()
    server = raw(
        lambda request: (
            iter([cut])
            if SNAPSHOTS.rpartition("/")[2].encode() in request
            else flex(request)
        )
    )
    with door.open() as client:
        with pytest.raises(door.broken):
            client.ask(server.url + SNAPSHOTS)
        assert client.ask(f"{server.url}/other").status == 200


@doors_where(lambda door: getattr(door, "loops", "set with the library") is not None)
def test_too_many_redirects(door, raw, early):
    """Of the legacy side: the library's own fault."""
    server = raw(
        lambda request: reply(
            "307 Temporary Redirect", f"Location: {request.split()[1].decode()}0"
        )
    )
    with door.open() as client, pytest.raises(door.loops):
        client.ask(server.url + SNAPSHOTS)


def test_a_reply_that_never_comes_ends_with_the_callers_timeout(door, raw, early):
    """That of the second request of an exchange, too."""
    server = raw(gone_then(lambda request: b""))
    with door.open(timeout=1.0) as client, pytest.raises(door.late):
        client.ask(server.url + SNAPSHOTS)
    assert len(server.requests) == 2


@pytest.fixture
def slowly(raw, monkeypatch):
    """Starts an Atlas each of whose replies takes so many seconds, by the clock that timeouts are measured with."""
    passed: list[float] = []
    clock = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + sum(passed))

    def start(seconds, answer):
        def slow(request):
            passed.append(seconds)
            return answer(request)

        return raw(slow)

    return start


@doors_where(lambda door: door.timeouts)
@pytest.mark.parametrize(
    ("method", "path", "left"), [("GET", SNAPSHOTS, 20), ("POST", JOBS, 60)]
)
def test_what_one_request_took_is_taken_off_the_next(
    door, slowly, early, monkeypatch, method, path, left
):
    """A read may wait as long as the timeouts last; a write is begun with the whole one, so that none is cut short."""
    server = slowly(60 * door.timeouts - 20, gone_then_flex)
    waits = door.waits(monkeypatch)
    with door.open(timeout=60) as client:
        client.ask(
            server.url + path,
            method,
            JSON,
            **(door.forms(ORDERED)["bytes"]() if method == "POST" else {}),
        )
    # A slow machine takes some of it by itself.
    assert waits == pytest.approx([60, left], abs=5)


@doors_where(lambda door: door.timeouts)
def test_when_the_timeouts_are_over_nothing_more_is_sent(door, slowly, early):
    """Neither a read nor a write: what would have changed something was never begun."""
    form = door.forms(ORDERED)["bytes"]
    for method, path, body in (("GET", SNAPSHOTS, {}), ("POST", JOBS, form())):
        server = slowly(600, gone)
        with (
            door.open(timeout=60) as client,
            pytest.raises(door.late, match="total timeout of") as caught,
        ):
            client.ask(server.url + path, method, JSON, **body)
        assert "flexClusters" not in str(caught.value)
        assert len(server.requests) == 1


@pytest.mark.parametrize("timeout", [None, 3600])
def test_patient_callers_get_their_answer(door, slowly, early, timeout):
    """Without a timeout, and within a long one."""
    server = slowly(600, gone_then_flex)
    with door.open(timeout=timeout) as client:
        assert client.ask(server.url + SNAPSHOTS).status == 200
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no scheme",
        "http://",
        "http://[",
        "mailto:a@b",
        "http://a:port/api/atlas/v2/",
    ],
)
def test_what_is_wrong_with_a_url_is_said_by_the_library(door, url):
    """The same exception with the same words, with a client of the shim's and with the drop-in on."""
    seen = []
    for own in (True, False, True):
        with door.open(own=own) as client, pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
            client.ask(url)
        seen.append((type(caught.value), str(caught.value)))
        if not own:
            shim.install()
    assert seen[0] == seen[1] == seen[2]
