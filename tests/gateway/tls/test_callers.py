"""TLS from callers: minimum versions, and resumed sessions."""

import logging
import ssl

import pytest
import trustme

from tests.gateway.tls.worlds import Caller, Mount, ask
from tests.peers.raw import Peer, reply, replying, until
from tests.peers.served import calling, gateway


@pytest.fixture
def mount(tmp_path, authority):
    """Return a folder with a certificate of the gateway."""
    mount = Mount(tmp_path)
    mount.turn_to(authority.issue_cert("localhost", "127.0.0.1"))
    return mount


def is_refused(caller: Caller, served) -> bool:
    """Return whether a caller is refused, in the handshake or, with TLS 1.3, on its first read."""
    try:
        caller.ask(served)
    except (ssl.SSLError, ConnectionError, AssertionError):
        return True
    return False


def speaking(
    authority: trustme.CA, oldest: ssl.TLSVersion, newest: ssl.TLSVersion
) -> Caller:
    """Return a caller with these versions."""
    caller = Caller(authority)
    # Otherwise the caller itself would refuse.
    caller.context.set_ciphers("DEFAULT:@SECLEVEL=0")
    caller.context.minimum_version = oldest
    caller.context.maximum_version = newest
    return caller


@pytest.mark.usefixtures("loop")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "gets_in"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)]
)
def test_old_versions_are_refused(mount, authority, caplog, version, gets_in):
    """Versions before TLS 1.2 fail in the handshake, and the log says so."""
    caplog.set_level(logging.INFO)
    spoken = ssl.TLSVersion[version]
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, **mount.options) as served,
    ):
        assert is_refused(speaking(authority, spoken, spoken), served) is not gets_in
        if not gets_in:
            until(
                lambda: "UNSUPPORTED_PROTOCOL" in caplog.text, "the line of a refusal"
            )
            (line,) = [one for one in caplog.messages if "refused a connection" in one]
            assert "127.0.0.1" in line


def test_resumed_sessions_are_served(mount, authority):
    """A caller with a session ticket needs no full handshake."""
    caller = Caller(authority)
    # The session exists after the handshake.
    caller.context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, **mount.options) as served,
    ):
        with caller.calling(served) as peer:
            assert ask(peer) == 200
            assert isinstance(peer.socket, ssl.SSLSocket)
            session = peer.socket.session
        with calling(served) as plain:
            again = caller.context.wrap_socket(
                plain.socket, server_hostname="127.0.0.1", session=session
            )
            assert again.session_reused
            assert ask(Peer(again)) == 200
            again.close()
