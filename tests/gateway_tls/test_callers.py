"""Who gets in by TLS: new enough versions, and certificates of an authority where one is asked for."""

import logging
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from shim.gateway.option_values import AccessWord
from tests.gateway_tls.worlds import LONG_AGO, Caller, Mount, ask, crowd_of
from tests.peers.raw import reply, replying, until
from tests.peers.served import gateway


@pytest.fixture
def mount(tmp_path, authority):
    """Return a folder with a certificate of the gateway's."""
    mount = Mount(tmp_path)
    mount.turn_to(authority.issue_cert("localhost", "127.0.0.1"))
    return mount


@pytest.fixture(scope="session")
def clients():
    """Return who vouches for callers."""
    return trustme.CA()


@pytest.fixture
def guarded(mount, clients, authority, tmp_path, caplog):
    """A gateway that lets in whom ``clients`` vouches for, and what it logged."""
    caplog.set_level(logging.INFO)
    ca = tmp_path / "clients.pem"
    ca.write_bytes(clients.cert_pem.bytes())
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, **mount.options, tls_client_ca=str(ca), access_log=AccessWord.ON) as served,
    ):
        yield served


def refusal(caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged of the one connection that was refused."""
    found = until(lambda: [one for one in caplog.messages if "refused a connection" in one], "the line of a refusal")
    assert len(found) == 1
    assert "127.0.0.1" in found[0]
    return str(found[0])


def is_refused(caller: Caller, served) -> bool:
    """Tell whether a caller is refused, in the handshake or, with TLS 1.3, on its first read."""
    try:
        caller.ask(served)
    except (ssl.SSLError, ConnectionError, AssertionError):
        return True
    return False


def speaking(authority: trustme.CA, oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> Caller:
    """Return a caller that speaks these versions."""
    caller = Caller(authority)
    caller.context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else the caller itself would not try
    caller.context.minimum_version, caller.context.maximum_version = oldest, newest
    return caller


@pytest.mark.usefixtures("loop")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(("version", "gets_in"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_versions(mount, authority, caplog, version, gets_in):
    """Older TLS than 1.2 is refused in the handshake, and the log says so."""
    caplog.set_level(logging.INFO)
    spoken = ssl.TLSVersion[version]
    with replying(reply()) as upstream, gateway(upstream.origin, **mount.options) as served:
        assert is_refused(speaking(authority, spoken, spoken), served) is not gets_in
        if not gets_in:
            assert "unsupported protocol" in refusal(caplog)


@pytest.mark.usefixtures("loop")
def test_right_certificate(guarded, authority, clients):
    """A caller with one is served."""
    assert Caller(authority, clients.issue_cert("billing.test")).ask(guarded) == 200


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("none", "peer did not return a certificate"),
        ("another authority's", "the caller's certificate is not good: "),
        ("expired", "the caller's certificate is not good: certificate has expired"),
    ],
)
def test_wrong_certificate(guarded, authority, clients, caplog, kind, said):
    """A caller without a good one sees a closed connection, and the log says why."""
    mine = {
        "none": None,
        "another authority's": authority.issue_cert("billing"),
        "expired": clients.issue_cert("billing", not_after=LONG_AGO),
    }[kind]
    assert is_refused(Caller(authority, mine), guarded)
    assert said in refusal(caplog)


def test_resumed_sessions_are_served(guarded, authority, clients):
    """A caller that comes again by its session ticket needs no whole handshake, and is let in as before."""
    caller = Caller(authority, clients.issue_cert("billing"))
    caller.context.maximum_version = ssl.TLSVersion.TLSv1_2  # its session is there with the handshake
    with caller.calling(guarded) as peer:
        assert ask(peer) == 200
        assert isinstance(peer.socket, ssl.SSLSocket)
        session = peer.socket.session
    host, _, port = guarded.url.partition("://")[2].rpartition(":")
    with (
        socket.create_connection((host, int(port)), 5) as plain,
        caller.context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as again,
    ):
        assert again.session_reused
        again.sendall(b"GET /x HTTP/1.1\r\nHost: shim.test\r\n\r\n")
        assert again.recv(100).startswith(b"HTTP/1.1 200 ")


def test_authority_between(mount, authority, clients, tmp_path):
    """A file may name an authority that another one vouches for: who has a certificate of that one gets in."""
    between = clients.create_child_ca()
    ca = tmp_path / "between.pem"
    ca.write_bytes(between.cert_pem.bytes())
    with replying(reply()) as upstream, gateway(upstream.origin, **mount.options, tls_client_ca=str(ca)) as served:
        assert Caller(authority, between.issue_cert("billing")).ask(served) == 200
        assert is_refused(Caller(authority, clients.issue_cert("billing")), served)


def test_another_authority_takes_over_under_load(mount, authority, clients, tmp_path):
    """While both are in the file nobody is refused; who has a certificate of the old one alone stays out afterwards."""
    ca = tmp_path / "clients.pem"
    ca.write_bytes(clients.cert_pem.bytes())
    fresh = trustme.CA()
    before = Caller(authority, clients.issue_cert("billing"))
    after = Caller(authority, fresh.issue_cert("billing"))
    with replying(reply()) as upstream, gateway(upstream.origin, **mount.options, tls_client_ca=str(ca)) as served:
        with crowd_of(before, served) as got:
            replace(ca, clients.cert_pem.bytes() + fresh.cert_pem.bytes())
            until(lambda: not is_refused(after, served), "the new authority")
        assert set(got) == {200}
        with crowd_of(after, served) as got:
            replace(ca, fresh.cert_pem.bytes())
            until(lambda: is_refused(before, served), "the end of the old authority")
        assert set(got) == {200}


def replace(path: Path, content: bytes) -> None:
    """Rename another file over one."""
    other = path.with_suffix(".new")
    other.write_bytes(content)
    other.rename(path)
