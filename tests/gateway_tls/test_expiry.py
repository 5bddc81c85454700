"""Until when a certificate is good, against what another library reads."""

from datetime import UTC, datetime

import pytest
import trustme
from cryptography import x509

from shim.gateway.tls.expiry import expiry_of, not_after

ENDS = [datetime(year, 2, 28, 23, 59, 58, tzinfo=UTC) for year in (1999, 2020, 2049, 2050, 2190)]


@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_end_is_read(authority, tmp_path, ends):
    """Both forms of a time (RFC 5280, 4.1.2.5) are read; the first certificate to end counts."""
    mine = authority.issue_cert("localhost", not_before=datetime(1990, 1, 1, tzinfo=UTC), not_after=ends)
    path = tmp_path / "chain.pem"
    other = authority.issue_cert("localhost", not_after=datetime(2300, 1, 1, tzinfo=UTC))
    path.write_bytes(other.cert_chain_pems[0].bytes() + mine.cert_chain_pems[0].bytes())
    assert expiry_of(str(path)) == ends.timestamp()


def test_end_of_authorities_is_read(tmp_path):
    """The same for a certificate of another make."""
    found = trustme.CA(key_type=trustme.KeyType.RSA)
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    known = x509.load_pem_x509_certificate(found.cert_pem.bytes())
    assert expiry_of(str(tmp_path / "ca.pem")) == known.not_valid_after_utc.timestamp()


@pytest.mark.parametrize("content", [b"", b"\xff", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate(tmp_path, content):
    """Nothing is known of it, and nothing breaks."""
    (tmp_path / "no.pem").write_bytes(content)
    assert expiry_of(str(tmp_path / "no.pem")) is None
    assert expiry_of(str(tmp_path / "none.pem")) is None


def test_cut_certificates(authority):
    """One that is cut anywhere before its end is read is an error, and never another date."""
    der = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    from cryptography.hazmat.primitives.serialization import Encoding

    whole = der.public_bytes(Encoding.DER)
    ends = not_after(whole)
    for size in range(len(whole)):
        try:
            assert not_after(whole[:size]) == ends
        except (ValueError, IndexError):
            continue
