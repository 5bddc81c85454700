"""TLS sockets count and have deadlines from accept on, and their end isn't logged."""

import contextlib
import gc
import logging
import socket
import ssl
from typing import Any

import pytest

from tests.gateway.tls.conftest import loop  # noqa: F401 - a fixture
from tests.gateway.tls.worlds import certified
from tests.hostile.crowds import (
    OTHER,
    behind,
    count_ended,
    crowd,
    ended,
    is_served,
)
from tests.peers.raw import PATIENCE, Peer, replying, until
from tests.peers.raw import reply as whole
from tests.peers.served import At, ask, calling, connect, gateway, get, status_of

pytestmark = pytest.mark.usefixtures("loop")
PATIENT: dict[str, Any] = {"client_timeout": 60.0, "keepalive_timeout": 60.0}
HELLO_START = bytes.fromhex("1603010200010001fc0303")
"""A TLS record that announces 512 bytes, and the first few."""
STARTS = {"silent": b"", "a record that is not whole": HELLO_START, "one byte": b"\x16"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return certified(tmp_path_factory.mktemp("tls"))


def admin_answers(served) -> None:
    assert status_of(ask(At(served.admin_url), get("/livez"))[0]) == 200


@pytest.mark.parametrize("start", STARTS)
def test_unfinished_handshakes_time_out(certificate, start):
    """They end at ``client_timeout``; other callers and the operator are served meanwhile and afterwards."""
    with (
        behind(client_timeout=1.0, max_connections=50, **certificate.options) as (
            _,
            served,
        ),
        crowd(served, 20, sending=STARTS[start]) as silent,
    ):
        assert is_served(lambda: certificate.ask(served))
        admin_answers(served)
        until(lambda: count_ended(silent) == 20, "the end of all of them")
        assert not any(peer.seen.startswith(b"HTTP") for peer in silent)
        assert is_served(lambda: certificate.ask(served, OTHER))


def test_a_dripping_handshake_times_out(certificate):
    """Single bytes aren't progress: the deadline covers the whole handshake."""
    record = iter(HELLO_START + bytes(501))
    with (
        replying(whole()) as upstream,
        gateway(upstream.origin, client_timeout=1.0, **certificate.options) as served,
        calling(served, OTHER) as peer,
    ):

        def dripped() -> bool:
            with contextlib.suppress(OSError):
                peer.send(bytes([next(record)]))
            return ended(peer)

        until(dripped, "the end of a handshake that drips")


@pytest.mark.parametrize(
    ("most", "of_peer"), [(8, 8), (100, 4)], ids=["all", "one peer's"]
)
def test_silent_sockets_count(certificate, most, of_peer):
    """Beyond the limit of a peer or in total the longest idle ones are closed, and other callers are served."""
    options: dict[str, Any] = {
        **PATIENT,
        "max_connections": most,
        "peer_connections": of_peer,
    }
    with (
        behind(**options, **certificate.options) as (_, served),
        crowd(served, 40) as silent,
    ):
        assert certificate.ask(served) == 200
        until(
            lambda: count_ended(silent) >= 40 - of_peer,
            "the end of those beyond the limit",
        )
        assert certificate.ask(served) == 200
        admin_answers(served)


def test_silence_after_a_handshake_times_out(certificate):
    """Such a connection has the deadline of an idle one."""
    options: dict[str, Any] = {
        **PATIENT,
        "keepalive_timeout": 1.0,
        **certificate.options,
    }
    with behind(**options) as (_, served), calling(served, OTHER) as plain:
        peer = certificate.wrapped(plain)
        assert not peer.rest()
        peer.close()


def test_plain_http_on_a_tls_port_is_explained(certificate):
    """The reply tells the caller to use https, and the connection closes."""
    with behind(**certificate.options) as (upstream, served):
        with calling(served, OTHER) as peer:
            peer.send(get("/x"))
            assert peer.rest().startswith(b"HTTP/1.1 400 ")
        assert not upstream.arrivals.heads


def notify(peer: Peer) -> None:
    """Close in order: send close_notify, receive the other one, then close the socket."""
    assert isinstance(peer.socket, ssl.SSLSocket)
    with contextlib.suppress(OSError):
        peer.socket.unwrap()
    peer.socket.close()


def half(peer: Peer) -> None:
    """Close only the sending side, and read to the end."""
    with contextlib.suppress(OSError):
        peer.socket.shutdown(socket.SHUT_WR)
        peer.rest()
    peer.socket.close()


def junk(peer: Peer) -> None:
    """Send bytes that aren't a TLS record, bypassing the TLS layer, and read to the end."""
    with contextlib.suppress(OSError):
        raw = socket.socket(fileno=peer.socket.detach())
        raw.settimeout(PATIENCE)
        raw.sendall(b"no record at all, and more than a header's length of it")
        while raw.recv(65536):
            pass
        raw.close()


WAYS = [Peer.close, Peer.reset, notify, half, junk]
STAGES = [
    "after the handshake",
    "within a head",
    "within a content",
    "in flight",
    "within a reply",
    "after a reply",
]


def staged(peer: Peer, stage: str) -> None:
    """Advance a connection to a stage."""
    match stage:
        case "within a head":
            peer.send(b"GET /x HTTP/1.1\r\nHo")
        case "within a content":
            peer.send(get("/x", "Content-Length: 100", method="POST") + b"a")
        case "in flight":
            peer.send(get("/hold"))
        case "within a reply":
            peer.send(get("/big"))
            peer.count(100)
        case "after a reply":
            peer.send(get("/x"))
            peer.message()


@pytest.fixture
def quiet(caplog):
    """Check that the log has no traceback and no asyncio message."""
    caplog.set_level(logging.DEBUG)
    yield
    gc.collect()
    said = [
        record for phase in ("call", "teardown") for record in caplog.get_records(phase)
    ]
    said = [record for record in said if record.levelno >= logging.WARNING]
    assert [
        record.getMessage()
        for record in said
        if record.exc_info or record.name.startswith("asyncio")
    ] == []
    assert not any("never retrieved" in record.getMessage() for record in said)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_any_end_of_a_tls_connection_is_clean(certificate, quiet, way, stage):
    """At every stage and in every manner: the next caller is served, and the log shows no error."""
    with (
        replying(
            whole(b"x" * (4 << 20) if stage == "within a reply" else b"hi")
        ) as upstream,
        gateway(upstream.origin, **certificate.options) as served,
    ):
        for _ in range(3):
            with calling(served, OTHER) as plain:
                peer = certificate.wrapped(plain)
                staged(peer, stage)
                way(peer)
        assert certificate.ask(served) == 200


@pytest.mark.parametrize(
    "start",
    [*STARTS.values(), b"GET / HTTP/1.1\r\n\r\n", bytes(600)],
    ids=lambda start: start[:9],
)
@pytest.mark.parametrize("way", [Peer.close, Peer.reset], ids=lambda way: way.__name__)
def test_the_end_of_an_unfinished_handshake_is_clean(certificate, quiet, way, start):
    """That includes scanners."""
    with (
        replying(whole()) as upstream,
        gateway(upstream.origin, **certificate.options) as served,
    ):
        for _ in range(3):
            peer = connect(served, OTHER)
            peer.send(start)
            way(peer)
        assert certificate.ask(served) == 200


def test_a_caller_that_distrusts_the_certificate_is_not_an_error(certificate, quiet):
    """It sends an alert instead of its part of the handshake."""
    with (
        replying(whole()) as upstream,
        gateway(upstream.origin, **certificate.options) as served,
    ):
        with (
            calling(served, OTHER) as peer,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(
                peer.socket, server_hostname="127.0.0.1"
            )
        assert certificate.ask(served) == 200


def test_stopping_waits_for_no_handshake(certificate, quiet):
    """Sockets with an unfinished handshake don't delay the gateway's end."""
    with replying(whole()) as upstream:
        with gateway(upstream.origin, **{**PATIENT, **certificate.options}) as served:
            silent = [connect(served, OTHER) for _ in range(5)]
            assert certificate.ask(served) == 200
        assert all(ended(peer) for peer in silent)
        for peer in silent:
            peer.close()
