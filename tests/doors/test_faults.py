"""Network errors are each library's own exceptions, and the caller's timeouts cover all requests."""

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


def test_a_refused_connection_is_the_library_s_error(door, monkeypatch):
    """No one listens at the address."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", url)
    with door.open() as client, pytest.raises(door.refused) as caught:
        client.ask(url + SNAPSHOTS)
    assert "flexClusters" not in str(caught.value)


def test_a_connection_that_ends_without_a_reply_is_the_library_s_error(
    door, raw, early
):
    """Either side of an exchange may end it."""
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
    """The library's own exception lists the writes that were done; nothing was sent twice."""
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
def test_truncated_content_is_the_library_s_error(door, raw, monkeypatch, status):
    """Reading raises it, even if the shim reads; the client can be used again."""
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
def test_too_many_redirects_are_the_library_s_error(door, raw, early):
    """The legacy side redirects."""
    server = raw(
        lambda request: reply(
            "307 Temporary Redirect", f"Location: {request.split()[1].decode()}0"
        )
    )
    with door.open() as client, pytest.raises(door.loops):
        client.ask(server.url + SNAPSHOTS)


def test_a_missing_reply_ends_with_the_callers_timeout(door, raw, early):
    """That covers the second request of an exchange, too."""
    server = raw(gone_then(lambda request: b""))
    with door.open(timeout=1.0) as client, pytest.raises(door.late):
        client.ask(server.url + SNAPSHOTS)
    assert len(server.requests) == 2


@pytest.fixture
def slowly(raw, monkeypatch):
    """Start an Atlas whose replies each take this many seconds, by the clock that timeouts use."""
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
def test_the_time_of_one_request_reduces_the_next(
    door, slowly, early, monkeypatch, method, path, left
):
    """A read may wait for the rest of the timeout. A write starts with the whole one, so that none is interrupted."""
    server = slowly(60 * door.timeouts - 20, gone_then_flex)
    waits = door.waits(monkeypatch)
    with door.open(timeout=60) as client:
        client.ask(
            server.url + path,
            method,
            JSON,
            **(door.forms(ORDERED)["bytes"]() if method == "POST" else {}),
        )
    # A slow machine needs some of the time itself.
    assert waits == pytest.approx([60, left], abs=5)


@doors_where(lambda door: door.timeouts)
def test_after_the_timeout_nothing_more_is_sent(door, slowly, early):
    """Neither a read nor a write follows, so nothing is changed."""
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
def test_patient_callers_get_their_reply(door, slowly, early, timeout):
    """They have no timeout, or a long one."""
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
def test_a_wrong_url_is_the_library_s_error(door, url):
    """The exception has the same text, with a client of the shim's and with the drop-in."""
    seen = []
    for own in (True, False, True):
        with door.open(own=own) as client, pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
            client.ask(url)
        seen.append((type(caught.value), str(caught.value)))
        if not own:
            shim.install()
    assert seen[0] == seen[1] == seen[2]
