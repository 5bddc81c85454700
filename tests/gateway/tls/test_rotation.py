"""Certificates that change while the gateway runs, and their expiry."""

import logging
from datetime import UTC, datetime

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from shim.errors import SettingsError
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from shim.gateway.tls import expiry_of
from tests.gateway.metrics.conftest import page_at
from tests.gateway.tls.worlds import (
    LONG_AGO,
    Caller,
    Mount,
    ask,
    crowd_of,
    number_of,
    pems,
    serial_of,
)
from tests.peers.raw import reply, replying, until
from tests.peers.served import admin, gateway


def is_good(served) -> bool:
    """Return whether the metric reports valid files."""
    return page_at(admin(served)).value("atlas_shim_config_reload_success") == 1


def shown_soon(caller: Caller, served: Gateway, mine: trustme.LeafCert) -> None:
    """Wait until new handshakes use a certificate."""
    until(lambda: caller.sees(served) == serial_of(mine), "the new certificate")


@pytest.fixture
def rotated(mount, authority):
    """A gateway with a certificate in a mounted folder, the folder, and a caller."""
    first = authority.issue_cert("localhost", "127.0.0.1")
    mount.turn_to(first)
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, **mount.options) as served,
    ):
        yield served, mount, Caller(authority), serial_of(first)


@pytest.mark.usefixtures("loop")
def test_certificates_change_under_load(rotated, authority):
    """During five changes no call fails, and persistent connections keep their certificate."""
    served, mount, caller, first = rotated
    with caller.calling(served) as kept, crowd_of(caller, served) as got:
        assert ask(kept) == 200
        for _ in range(5):
            fresh = authority.issue_cert("localhost", "127.0.0.1")
            mount.turn_to(fresh)
            shown_soon(caller, served, fresh)
        assert ask(kept) == 200
        assert number_of(kept) == first
    assert len(got) > 10
    assert set(got) == {200}


def test_files_may_be_written_one_after_the_other(tmp_path, authority, caplog):
    """A new certificate with an old key is not used; both are used once the key is written."""
    cert = tmp_path / "cert"
    key = tmp_path / "key"
    first, second = (authority.issue_cert("localhost", "127.0.0.1") for _ in range(2))
    for path, content in zip((cert, key), pems(first), strict=True):
        path.write_bytes(content)
    caller = Caller(authority)
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, tls_cert=str(cert), tls_key=str(key)) as served,
    ):
        cert.write_bytes(pems(second)[0])
        until(lambda: not is_good(served), "the refusal of half a pair")
        assert caller.sees(served) == serial_of(first)
        key.write_bytes(pems(second)[1])
        shown_soon(caller, served, second)
        until(lambda: is_good(served), "that all is well")


def broken(kind: str, authority: trustme.CA) -> dict[str, bytes]:
    """Return unusable files."""
    good = authority.issue_cert("localhost", "127.0.0.1")
    other = authority.issue_cert("localhost")
    crt, key = pems(good)
    return {
        "another key": {"crt": crt, "key": pems(other)[1]},
        "no certificate": {"crt": b"certificate\n", "key": key},
        "empty": {"crt": b"", "key": b""},
        "cut": {"crt": crt[:200], "key": key},
        "no key": {"crt": crt},
        "expired": dict(
            zip(
                ("crt", "key"),
                pems(authority.issue_cert("127.0.0.1", not_after=LONG_AGO)),
                strict=True,
            )
        ),
    }[kind]


@pytest.mark.parametrize(
    "kind", ["another key", "no certificate", "empty", "cut", "no key", "expired"]
)
def test_invalid_files_are_refused(rotated, authority, kind, caplog):
    """The last valid files stay in use; one line names the file, and a metric shows it until the files are valid."""
    served, mount, caller, first = rotated
    caplog.set_level(logging.INFO)
    ends = served.tls.value[1]
    mount.turn(**broken(kind, authority))
    until(lambda: not is_good(served), "the refusal")
    for _ in range(3):
        assert caller.sees(served) == first
    assert served.tls.value[1] == ends
    lines = [
        one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING
    ]
    assert len(lines) == 1
    assert (
        "new files of the listener refused; the last valid ones stay in use" in lines[0]
    )
    assert mount.path("tls.key" if kind == "no key" else "tls.crt") in lines[0]
    fresh = authority.issue_cert("localhost", "127.0.0.1")
    mount.turn_to(fresh)
    shown_soon(caller, served, fresh)
    until(lambda: is_good(served), "that all is well")
    assert "new files of the listener in use" in caplog.text


def test_an_expired_certificate_at_the_start_is_a_warning(tmp_path, authority, caplog):
    """The gateway starts, because not every caller checks it."""
    mount = Mount(tmp_path)
    mount.turn_to(authority.issue_cert("127.0.0.1", not_after=LONG_AGO))
    with replying(reply()) as upstream, gateway(upstream.origin, **mount.options):
        assert "has expired; clients that verify" in caplog.text


@pytest.mark.parametrize(("options", "said"), [
    ({"tls_key": "k"}, "tls_key: has no effect without tls_cert"),
    ({"tls_cert": "/none/crt"}, "tls_cert: /none/crt: No such file"),
])  # fmt: skip
def test_unusable_files_at_the_start_are_an_error(options, said):
    """It includes the option and the file, and comes before anything listens."""
    with pytest.raises(SettingsError, match=said):
        Gateway(Options(**options), environ={})


@pytest.mark.parametrize(
    ("kind", "said"),
    [("locked", "has a password"), ("other", "is not the key of the first")],
)
def test_an_unusable_key_is_explained(tmp_path, authority, kind, said):
    """Such as one with a password, which no one could type, or one for another certificate."""
    ours = authority.issue_cert("127.0.0.1")
    other = authority.issue_cert("127.0.0.1")
    cert = tmp_path / "crt"
    key = tmp_path / "key"
    cert.write_bytes(ours.cert_chain_pems[0].bytes())
    key.write_bytes(other.private_key_pem.bytes())
    if kind == "locked":
        loaded = load_pem_private_key(ours.private_key_pem.bytes(), None)
        lock = BestAvailableEncryption(b"a password")
        key.write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    with pytest.raises(SettingsError, match=f"tls_key: {key}: {said}"):
        Gateway(Options(tls_cert=str(cert), tls_key=str(key)), environ={})


ENDS = [
    datetime(year, 2, 28, 23, 59, 58, tzinfo=UTC)
    for year in (1999, 2020, 2049, 2050, 2190)
]


@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_the_expiry_is_read(authority, tmp_path, ends):
    """Both time formats (RFC 5280, 4.1.2.5) are supported; the first certificate to expire counts."""
    mine = authority.issue_cert(
        "localhost", not_before=datetime(1990, 1, 1, tzinfo=UTC), not_after=ends
    )
    path = tmp_path / "chain.pem"
    other = authority.issue_cert(
        "localhost", not_after=datetime(2300, 1, 1, tzinfo=UTC)
    )
    path.write_bytes(other.cert_chain_pems[0].bytes() + mine.cert_chain_pems[0].bytes())
    assert expiry_of(str(path)) == ends.timestamp()


def test_the_expiry_of_authorities_is_read(tmp_path):
    """The same for a certificate from another tool."""
    found = trustme.CA(key_type=trustme.KeyType.RSA)
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    known = x509.load_pem_x509_certificate(found.cert_pem.bytes())
    assert expiry_of(str(tmp_path / "ca.pem")) == known.not_valid_after_utc.timestamp()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"],
)
def test_an_invalid_certificate_has_no_expiry(tmp_path, content):
    """It is not an error."""
    (tmp_path / "no.pem").write_bytes(content)
    assert expiry_of(str(tmp_path / "no.pem")) is None
    assert expiry_of(str(tmp_path / "none.pem")) is None
