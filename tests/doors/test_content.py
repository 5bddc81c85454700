"""Content in each library: requests of any form, and replies that are passed on, translated, or invalid."""

import gzip
import json
import threading

import attrs
import pytest

import shim
from shim.core.settings import read_settings
from shim.doors import process
from tests.doors.calls import (
    EMPTY,
    JOBS,
    NOT_FOUND,
    ORDER,
    ORDERED,
    SNAPSHOTS,
    content,
    field,
    flex,
    gone,
    gone_then,
    gone_then_flex,
    taken,
)
from tests.doors.conftest import doors_where
from tests.peers.answering import answering, reply
from tests.peers.raw import PATIENCE, until

JSON = {"Content-Type": "application/json"}


def test_a_body_in_any_form_reaches_both_sides(door, raw, early):
    """The legacy side gets it unchanged, the successor translated, each with its length; a stream can be sent to both.

    The reply has the legacy names.
    """
    for name, form in door.forms(ORDERED).items():
        server = raw(gone_then(taken))
        with door.open() as client:
            got = client.ask(
                server.url + JOBS, "POST", {**JSON, "X-Form": name}, **form()
            )
        assert got.status == 201
        assert json.loads(got.content)["deliveryType"] == "automated"
        if len(server.requests) == 1:  # what one form has learned the next one knows
            (successor,) = server.requests
        else:
            legacy, successor = server.requests
            assert json.loads(content(legacy)) == ORDER
        assert json.loads(content(successor))["targetDeploymentItemName"] == "other"
        assert field(successor, "Content-Length") == str(len(content(successor)))
        assert field(successor, "Transfer-Encoding") is None


def test_a_file_has_the_media_type_of_the_callers_version(door, raw, monkeypatch):
    """Its content passes unread from the replacing version, which is in upstream's media type."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "successor")
    file = gzip.compress(b"a line\n" * 900)
    kind = "application/vnd.atlas.2023-0%d-01+gzip"
    server = raw(
        lambda request: reply(
            "200 OK", f"Content-Type: {kind % 2}", "X-Id: 7", body=file
        )
    )
    with door.open() as client:
        got = client.ask(
            f"{server.url}/api/atlas/v2/groups/g/clusters/h/logs/mongodb.gz",
            "GET",
            {"Accept": kind % 1},
        )
    assert field(server.requests[0], "Accept") == kind % 2
    assert got.status == 200
    assert got.field("Content-Type") == [kind % 1]
    assert got.field("X-Id") == ["7"]
    assert got.content == file


def test_a_write_is_never_sent_twice_on_a_guess(door, raw):
    """If a connection ends without a whole reply, the caller decides; that holds for a reused connection too."""
    server = raw(lambda request: None if request.startswith(b"POST") else flex(request))
    form = door.forms(ORDERED)["bytes"]
    with door.open() as client:
        client.ask(server.url + SNAPSHOTS)
        with pytest.raises(door.broken):
            client.ask(server.url + JOBS, "POST", JSON, **form())
    assert [request.split(b" ")[0] for request in server.requests].count(b"POST") == 1


def test_a_legacy_reply_is_streamed(door, raw, early):
    """The caller gets its first bytes while upstream still delays the rest."""
    go_on = threading.Event()

    def answer(request):
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
        go_on.wait(PATIENCE)
        yield b"4\r\nlast\r\n0\r\n\r\n"

    server = raw(answer)
    with door.open() as client:
        assert client.begin(server.url + SNAPSHOTS, 5) == b"first"
        go_on.set()
        assert client.ask(server.url + SNAPSHOTS).content == b"firstlast"


@pytest.fixture
def little(monkeypatch):
    """The size limit of content that the shim reads."""
    read = lambda environ: attrs.evolve(read_settings(environ), body_limit=100_000)  # noqa: E731
    monkeypatch.setattr(process, "read_settings", read)
    monkeypatch.setattr(process, "_current", None)


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_leaving_a_reply_ends_its_connection(door, raw, early, little, status):
    """As without the shim, that holds whether the shim read the reply or not."""

    def endless(request):
        yield f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        while True:
            yield b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    server = raw(endless)
    with door.open() as client:
        assert client.begin(server.url + SNAPSHOTS, 5) == b"xxxxx"
        until(lambda: server.left, "the end of its connection")


@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("wire", [True, False])
def test_a_reply_that_was_read_is_passed_on_byte_for_byte(
    door, raw, early, wire, coding
):
    """A legacy 404 is read for its errorCode; then the caller gets the same bytes, decoded as usual or not at all."""
    if coding == "gzip":
        body = gzip.compress(NOT_FOUND)
    else:
        body = NOT_FOUND
    lines = (f"Content-Encoding: {coding}", "X-Twice: 1", "X-Twice: 2")
    server = raw(lambda request: reply("404 Nope", *lines, body=body))
    with door.open(wire=wire) as client:
        got = client.ask(server.url + SNAPSHOTS)
    assert got.status == 404
    assert got.reason == "Nope"
    assert got.record.route == "legacy"
    assert got.content == (NOT_FOUND if door.decodes and not wire else body)
    assert got.field("Content-Encoding") == [coding]
    assert got.field("X-Twice") == ["1", "2"]
    assert got.field("Content-Length") == [str(len(body))]
    assert len(server.requests) == 1


def test_a_reply_over_the_size_limit_is_passed_on_whole(door, raw, early, little):
    """The bytes read so far come first, then the rest from the connection."""
    body = bytes(range(256)) * 700
    server = raw(lambda request: reply("404 Not Found", body=body))
    with door.open() as client:
        got = client.ask(server.url + SNAPSHOTS)
    assert got.status == 404
    assert got.content == body


def test_coded_content_is_translated(door, raw):
    """That works whether the library or the shim decodes it."""
    server = raw(
        lambda request: reply(
            "200 OK", "Content-Encoding: gzip", body=gzip.compress(EMPTY)
        )
    )
    for wire in (True, False):
        with door.open(wire=wire) as client:
            assert (
                json.loads(client.ask(server.url + SNAPSHOTS).content)["totalCount"]
                == 0
            )


@pytest.mark.parametrize(
    ("body", "coding", "words"),
    [
        (gzip.compress(EMPTY)[:-9], "gzip", "is truncated"),
        (b"\x1f\x8bnonsense", "gzip", "not match its coding"),
        (gzip.compress(b" " * 170_000), "gzip", "larger than 100000 bytes"),
        (EMPTY, "br", "'br' was not requested"),
    ],
    ids=["truncated", "broken", "bomb", "foreign"],
)
def test_undecodable_content_has_an_explanation(door, raw, little, body, coding, words):
    """The shim requests no coding that it can't decode within limits."""
    server = raw(
        lambda request: reply("200 OK", f"Content-Encoding: {coding}", body=body)
    )
    with door.open(wire=True) as client:
        got = client.ask(
            server.url + SNAPSHOTS, headers={"Accept-Encoding": "br, gzip;q=0.5"}
        )
    document = json.loads(got.content)
    assert got.status == 502
    assert got.reason == "Bad Gateway"
    assert document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert words in document["detail"]
    assert field(server.requests[0], "Accept-Encoding") == "gzip;q=0.5"


@doors_where(lambda door: door.keeps_connections)
def test_one_connection_serves_several_calls(door, raw):
    """Each call returns it to the pool."""
    server = raw(flex)
    with door.open() as client:
        for _ in range(3):
            client.ask(server.url + SNAPSHOTS)
    assert server.connections == 1


def moved(request):
    """An Atlas that redirects to a target with an empty flex page."""
    if b" /moved" in request:
        return flex(request)
    return reply("307 Temporary Redirect", "Location: /moved")


def test_a_redirected_successor_does_not_bypass_the_shim(door, raw):
    """Even within its origin a library has nothing to follow, as with a gateway."""
    server = raw(moved)
    with door.open() as client:
        got = client.ask(server.url + SNAPSHOTS)
    assert got.status == 502
    assert json.loads(got.content)["errorCode"] == "SHIM_UPSTREAM_REDIRECTED"
    assert got.field("Location") == []
    assert len(server.requests) == 1


def test_a_redirect_of_the_legacy_side_is_followed(door, raw, early):
    """The response shows its last address, as usual."""
    server = raw(moved)
    with door.open() as client:
        got = client.ask(server.url + SNAPSHOTS)
    assert got.content == EMPTY
    assert server.targets() == [SNAPSHOTS, "/moved"]
    assert got.shown[0] in {f"{server.url}/moved", None}


@pytest.mark.parametrize("own", [False, True])
def test_a_redirect_to_a_retired_call_is_translated(door, raw, own):
    """The reply is the legacy one, for a client of the shim's and with the drop-in."""
    shim.install()
    server = raw(
        lambda request: (
            reply("302 Found", f"Location: {SNAPSHOTS}")
            if b" /moved " in request
            else gone_then_flex(request)
        )
    )
    with door.open(own=own) as client:
        got = client.ask(f"{server.url}/moved")
    assert got.status == 200
    assert got.record.route == "flex"
    assert got.shown[0] in {server.url + SNAPSHOTS, None}


@pytest.mark.parametrize("status", ["410 Gone", "201 Created", "500 Whatever"])
def test_a_write_redirected_to_a_retired_call_runs_at_most_once(door, raw, status):
    """Only a retired endpoint has certainly not executed the write."""

    def answer(request):
        if b" /moved " in request:
            return reply("307 Temporary Redirect", f"Location: {JOBS}")
        if b"/flexClusters/" in request:
            return taken(request)
        return reply(status, body=b"{}")

    server = raw(answer)
    with door.open() as client:
        client.ask(
            f"{server.url}/moved",
            "POST",
            {"Content-Type": "application/json"},
            **{door.content: ORDERED},
        )
    assert (
        sum(
            "/flexClusters/" in each or (JOBS in each and status[:3] != "410")
            for each in server.targets()
        )
        <= 1
    )


@doors_where(lambda door: door.is_own_class)  # urllib itself sends them to any host
def test_credentials_stay_with_their_host(door, raw):
    """A redirect to another host's retired call carries none, whatever the library would sign it with."""
    shim.install()
    server = raw(gone_then_flex)
    target = server.url + SNAPSHOTS
    first = answering(lambda request: reply("302 Found", f"Location: {target}"))
    with first as elsewhere, door.open(user=("user", "secret")) as client:
        url = f"{elsewhere.url.replace('127.0.0.1', 'localhost')}/moved"
        assert client.ask(url).status in {200, 410}
        assert field(elsewhere.requests[0], "Authorization") is not None
    assert server.requests
    assert [field(request, "Authorization") for request in server.requests] == [
        None
    ] * len(server.requests)


def test_the_body_of_a_read_is_not_sent_to_a_successor(door, raw):
    """It has no meaning, and would need a Content-Type. A gateway omits it too; the legacy side gets it as usual."""
    server = raw(
        lambda request: gone(request) if b"/serverless/" in request else flex(request)
    )
    with door.open() as client:
        for version, count in (("2999-01-01", 2), ("2020-01-01", 3)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("ATLAS_SHIM_SUNSET", f"snapshots={version}")
                client.ask(
                    server.url + SNAPSHOTS,
                    "GET",
                    {"Content-Encoding": "br"},
                    **door.forms(b'{"a": 1}')["bytes"](),
                )
            assert len(server.requests) == count
    legacy, *others = server.requests
    assert content(legacy) == b'{"a": 1}'
    for request in others:
        assert content(request) == b""
        assert not [
            name
            for name in ("Content-Type", "Content-Length", "Content-Encoding")
            if field(request, name)
        ]
