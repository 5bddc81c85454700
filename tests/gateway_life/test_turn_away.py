"""A listener that lets no handshake begin still hands over those that are done."""

import socket
import sys

import pytest

from shim.gateway.http1.sockets import bind_tcp
from shim.gateway.http1.turn_away import turn_away
from shim.gateway.options import Address

SYN_SENT = 2


def _state(connection: socket.socket) -> int:
    """Return the state that TCP is in (the first byte of tcp_info, tcp(7))."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux'")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_only_new_handshakes_are_turned_away(host):
    """Whoever is connected is accepted and answered, whoever comes later is not connected."""
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6 here")
    bound = bind_tcp(Address(host, 0))
    (listening,) = bound.sockets
    listening.settimeout(0)
    where = listening.getsockname()
    try:
        with socket.create_connection(where[:2]) as early, socket.socket(listening.family) as late:
            turn_away(bound.sockets)
            late.settimeout(0)
            late.connect_ex(where)
            assert _state(late) == SYN_SENT
            early.sendall(b"asked")
            with listening.accept()[0] as accepted:
                accepted.settimeout(10)
                assert accepted.recv(10) == b"asked"
                accepted.sendall(b"answered")
                assert early.recv(10) == b"answered"
            with pytest.raises(BlockingIOError):
                listening.accept()
    finally:
        bound.close()


def test_where_there_is_no_filter_nothing_happens(monkeypatch, tmp_path):
    """Unix sockets, other systems and sandboxes do without."""
    with socket.socket(socket.AF_UNIX) as unix, socket.socket() as closed:
        turn_away([unix])
        closed.close()
        turn_away([closed])
        monkeypatch.setattr(sys, "platform", "darwin")
        turn_away([closed])
