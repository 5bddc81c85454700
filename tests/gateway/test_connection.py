"""Bytes that are no request: one answer, one log line, no traceback, nothing quoted."""

import json
import logging

import pytest

from tests.peers.raw import reply, replying
from tests.peers.served import calling, gateway, get, status_of

MALFORMED = [
    b"nonsense\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /x HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET /x HTTP/1.1\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer s3cret\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"GET @evil/x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_request(request_bytes, caplog):
    """It is answered with 400 in Atlas' shape and its connection closed; the log has one line on it."""
    caplog.set_level(logging.DEBUG)
    with replying(reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(request_bytes)
        head, content = peer.message()
        assert status_of(head) == 400
        assert json.loads(content)["errorCode"] == "SHIM_BAD_REQUEST"
        assert not peer.rest()
        assert not upstream.heads
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) <= 1
    assert not any(record.exc_info for record in caplog.records)
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /x HTTP/1.1\r\nHost: a\r\nX-Big: " + b"s3cret" * 10000 + b"\r\n\r\n", 431),
        (b"GET /" + b"s3cret" * 10000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (get("/x", *(f"X-{number}: 1" for number in range(1000))), 431),
    ],
    ids=["field", "target", "fields"],
)
def test_too_long(request_bytes, status, caplog):
    """What is too long is told apart (RFC 6585, 5; RFC 9110, 15.5.15), and not logged."""
    caplog.set_level(logging.DEBUG)
    with replying(reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(request_bytes)
        assert status_of(peer.message()[0]) == status
        assert not peer.rest()
        assert not upstream.heads
    assert "s3cret" not in caplog.text


def test_defect_is_an_answer_and_a_log_line(monkeypatch, caplog):
    """A bug of the gateway is 500 for the caller, with nothing about its inside, and a traceback for us."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret thought")

    monkeypatch.setattr("shim.gateway.handler.validate", broken)
    with gateway("http://127.0.0.1:1") as served, calling(served) as peer:
        peer.send(get("/x"))
        head, content = peer.message()
    assert (status_of(head), json.loads(content)["errorCode"]) == (500, "SHIM_INTERNAL_ERROR")
    assert b"secret" not in head + content
    assert "a secret thought" in caplog.text
