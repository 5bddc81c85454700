"""Raw requests: which are refused, which pass, and the exact bytes that upstream receives."""

import json
import logging
import os

import attrs
import pytest

from shim.core.recognize import shared_engine
from shim.gateway.plan import Plan
from tests.hostile.rows import PASSED, REFUSED, SNAPSHOTS
from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, gateway, get, lines_of, status_of, value_of

HOP_BY_HOP = {
    "connection", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "expect", "trailer", "upgrade",
}  # fmt: skip

FRAMINGS = {"content-length", "transfer-encoding"}


@pytest.fixture(scope="module")
def shared():
    """One gateway for all rows, as in production: a row must not affect the next one."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        yield upstream, served


@pytest.fixture
def site(shared):
    """Return an upstream without requests so far, and the gateway."""
    shared[0].heads.clear()
    shared[0].contents.clear()
    return shared


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_invalid_requests_are_refused(row, site, caplog):
    """The caller gets one reply in Atlas's format, then the connection closes.

    The log has one line, and upstream gets nothing.
    """
    caplog.set_level(logging.INFO)
    upstream, served = site
    with calling(served) as peer:
        peer.send(row.request)
        head, content = peer.message()
        assert not peer.rest()
    assert status_of(head) == row.status
    assert json.loads(content)["error"] == row.status
    assert value_of(head, "Connection") == "close"
    assert (value_of(head, "Allow") is not None) == (row.status == 405)
    assert (value_of(head, "Proxy-Status") or "").startswith(
        "atlas-shim; error=http_request_"
    )
    assert not upstream.heads
    lines = [
        record
        for record in caplog.records
        if "SHIM_" in record.getMessage() or "refused" in record.getMessage()
    ]
    assert [record.exc_info for record in lines] == [None]
    assert not any("\n" in record.getMessage() for record in caplog.records)
    assert status_of(ask(served, get("/next"))[0]) == 200


@pytest.mark.parametrize("row", PASSED, ids=lambda row: row.name)
def test_valid_requests_are_passed_on(row, site):
    """Upstream gets one request with the same framing, without the fields that are meant for the gateway."""
    upstream, served = site
    with calling(served) as peer:
        peer.send(row.request)
        head = peer.take(b"\r\n\r\n")
        while b" 100 " in head:
            head = peer.take(b"\r\n\r\n")
        assert status_of(head) == 200
    assert [head.split(b"\r\n")[0].decode() for head in upstream.heads] == [row.start]
    assert upstream.contents == [row.content]
    names = [name for name, _ in lines_of(upstream.heads[0])]
    assert not HOP_BY_HOP & set(names)
    given = [
        name
        for name, _ in lines_of(row.request.lstrip(b"\r\n").partition(b"\r\n\r\n")[0])
    ]
    framings = [name for name in names if name.replace("_", "-") in FRAMINGS]
    assert framings == [name for name in given if name in FRAMINGS]
    assert names.count("host") == 1
    assert names.count("via") == 1


@pytest.mark.parametrize("lines", [
    ("Connection: close, X-Secret", "X-Secret: s3cret"),
    ("Connection: close", "Connection: x-secret", "X-Secret: s3cret"),
    ("Connection:x-secret\t,,close", "X-SECRET: s3cret"), ("Connection: X_Secret", "X-Secret: s3cret"),
    ("Connection: X-Secret", "X_Secret: s3cret"),
    ("Connection: Upgrade, X-Secret", "Upgrade: s3cret", "X-Secret: s3cret"),
    ("Connection: Via, Host, Content-Length, X-Kept-Not", "X-Kept-Not: s3cret"),
    ("Proxy-Connection: s3cret", "Keep-Alive: s3cret", "TE: s3cret", "Trailer: s3cret", "Upgrade: s3cret"),
    ("Proxy-Authorization: s3cret", "Proxy_Authorization: s3cret", "Proxy-Authenticate: s3cret"),
    ("Keep_Alive: s3cret", "Transfer_Encoding: s3cret", "Content_Length: 3", "Host_: x-kept"),
    ("X-Forwarded-For: s3cret", "X_Forwarded_Host: s3cret", "Forwarded: for=s3cret", "X-Real-IP: s3cret"),
], ids=lambda lines: lines[0])  # fmt: skip
@pytest.mark.parametrize("path", ["/x", SNAPSHOTS])
def test_hop_by_hop_fields_are_removed(lines, path, site):
    """So are the fields that Connection lists and their look-alikes. Then Via and Host are added."""
    upstream, served = site
    ask(served, get(path, *lines, "X-Kept: yes"))
    (head,) = upstream.heads
    assert b"s3cret" not in head
    assert value_of(head, "Host") == upstream.origin.removeprefix("http://")
    assert (value_of(head, "Via") or "").startswith("1.1 atlas-shim-")
    assert value_of(head, "X-Kept") == "yes"


@pytest.mark.parametrize(
    "name", ["Authorization", "accept", "CONTENT_TYPE", "close, Cookie"]
)
@pytest.mark.parametrize("path", ["/x", SNAPSHOTS])
def test_connection_may_not_list_end_to_end_fields(name, path, site):
    """Without its credentials or preconditions it would be a different request, so it is refused with the reason."""
    upstream, served = site
    head, content = ask(
        served,
        get(
            path,
            f"Connection: {name}",
            "Authorization: Bearer s3cret",
            "Cookie: s3cret",
        ),
    )
    assert status_of(head) == 400
    assert "Connection field names" in json.loads(content)["detail"]
    assert not upstream.heads


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_an_unknown_host_is_421(method):
    """With a public name configured, the gateway replies only to that name (RFC 9110, 15.5.20)."""
    public = "https://atlas.corp.test"
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, public_url=public) as served,
        calling(served) as peer,
    ):
        peer.send(get("/x", host="evil.test", method=method))
        assert status_of(peer.take(b"\r\n\r\n")) == 421
        peer.rest()
        assert not upstream.heads
        for host in (
            "atlas.corp.test",
            "ATLAS.corp.test",
            "atlas.corp.test:443",
            served.url.removeprefix("http://"),
        ):
            assert status_of(ask(served, get("/x", host=host))[0]) == 200


def test_a_changed_public_name_applies_at_once():
    """It can be changed while the gateway runs."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get("/x", host="evil.test"))[0]) == 200
        options = attrs.evolve(served.options, public_url="https://atlas.corp.test")
        served.apply(Plan(options, shared_engine(os.environ)))
        assert status_of(ask(served, get("/x", host="evil.test"))[0]) == 421
        assert status_of(ask(served, get("/x", host="atlas.corp.test"))[0]) == 200
