"""The end of a certificate, held against a library that knows X.509."""

from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509

from shim.gateway.counting.certificate import not_after
from tests.peers.served import gateway


@pytest.fixture
def chain(tmp_path):
    """Return a function that writes a certificate which ends at an instant, with its key, and returns the path."""

    def write(end: datetime):
        path = tmp_path / "tls.pem"
        made = trustme.CA().issue_cert("127.0.0.1", not_before=end - timedelta(days=9), not_after=end)
        made.private_key_and_cert_chain_pem.write_to_path(path)
        return path

    return write


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2120])
def test_end_is_what_another_library_reads(chain, year):
    """Both spellings of a date count: with two digits of the year until 2049, with four from then on."""
    path = chain(datetime(year, 12, 30, 23, 59, 58, tzinfo=UTC))
    first = x509.load_pem_x509_certificates(path.read_bytes())[0]
    assert not_after(str(path)) == first.not_valid_after_utc.timestamp()


def test_first_end_of_a_chain_counts(tmp_path):
    """A chain is of no use any more when its first certificate has ended, wherever in it that stands."""
    ends = [datetime(year, 1, 1, tzinfo=UTC) for year in (2031, 2029, 2030)]
    made = [trustme.CA().issue_cert("127.0.0.1", not_after=end).cert_chain_pems[0].bytes() for end in ends]
    path = tmp_path / "chain.pem"
    path.write_bytes(b"".join(made))
    assert not_after(str(path)) == ends[1].timestamp()


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_has_no_end(tmp_path, text):
    """Loading it for TLS says what is wrong; the metrics do not fail."""
    path = tmp_path / "tls.pem"
    path.write_text(text)
    assert not_after(str(path)) is None
    assert not_after(str(tmp_path / "missing.pem")) is None


def test_page_tells_it_of_a_gateway_with_tls_alone(chain, page):
    """Without TLS there is no such series, so that an alert on it stays silent."""
    name = "atlas_shim_tls_certificate_not_after_timestamp_seconds"
    end = datetime(2031, 5, 6, tzinfo=UTC)
    with gateway("http://127.0.0.1:1") as plain:
        assert name not in page(plain).names
    with gateway("http://127.0.0.1:1", tls_cert=str(chain(end))) as served:
        assert page(served).value(name) == end.timestamp()
