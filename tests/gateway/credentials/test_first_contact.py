"""A mistake in a caller's first call: the response contains the fix, and the log the essentials."""

import json
import logging

import attrs
import httpx
import pytest
import requests
import requests.auth

from tests.gateway.credentials.worlds import (
    FLEX,
    UNTOUCHED,
    Signature,
    line,
    nonce_of,
    world,
)
from tests.peers.raw import until
from tests.peers.served import calling, status_of, value_of

ACCEPT = f"Accept: {FLEX}"


@pytest.fixture(scope="module")
def seen():
    with world("verify") as found:
        yield found


@pytest.fixture
def logged(caplog):
    """The gateway's log lines since the beginning of the test, each with its level."""
    caplog.set_level(logging.DEBUG, "shim.gateway")
    return lambda: [
        (record.levelname, record.getMessage()) for record in caplog.records
    ]


def detail_of(content):
    return json.loads(content)["detail"]


@pytest.mark.parametrize("lines", [(), ("Authorization: Basic dTpw",)])
def test_an_unsigned_call_gets_the_accepted_schemes(seen, lines):
    """The response comes from the shim, and names them if there are no credentials or HTTP Basic."""
    head, content = seen.ask(UNTOUCHED, *lines)
    assert status_of(head) == 401
    assert json.loads(content)["errorCode"] == "SHIM_UNAUTHORIZED"
    assert "HTTP Digest" in detail_of(content)
    assert "Bearer" in detail_of(content)


@pytest.mark.parametrize("change", [{"secret": "wrong"}, {"name": "nobodyxx"}])
def test_a_wrong_key_gets_an_explanation(seen, change):
    """The response shows that the shim refused the key, and where its keys are set."""
    head, content = seen.ask(
        UNTOUCHED, line(attrs.evolve(Signature(nonce_of(seen)), **change).parts)
    )
    assert status_of(head) == 401
    assert json.loads(content)["errorCode"] == "SHIM_KEY_REFUSED"
    assert "not Atlas" in detail_of(content)
    assert "--keys-file" in detail_of(content)
    assert "error=http_request_denied" in (value_of(head, "Proxy-Status") or "")


@pytest.mark.parametrize("library", [httpx, requests])
def test_libraries_show_the_explanation(seen, library):
    """Digest clients return the second 401 unchanged."""
    auth = (
        (httpx.DigestAuth("u", "p"))
        if library is httpx
        else (requests.auth.HTTPDigestAuth("u", "p"))
    )
    answer = library.get(seen.url + UNTOUCHED, auth=auth)
    assert answer.status_code == 401
    assert answer.json()["errorCode"] == "SHIM_KEY_REFUSED"


def test_a_wrong_key_is_logged_as_a_warning(seen, logged):
    """The line has the caller's address, but neither key nor signature."""
    signature = attrs.evolve(Signature(nonce_of(seen)), name="nobodyxx")
    seen.ask(UNTOUCHED, line(signature.parts), "X-Request-Id: mine")
    warnings = until(
        lambda: [
            text for level, text in logged() if level == "WARNING" and "mine" in text
        ],
        "the line",
    )
    assert len(warnings) == 1
    assert all(word in warnings[0] for word in ("127.0.0.1", "SHIM_KEY_REFUSED", "401"))
    assert "nobodyxx" not in warnings[0]


def test_handshakes_are_logged_only_at_debug(seen, logged):
    """An unsigned first request and a stale nonce are normal steps."""
    good = line(Signature(nonce_of(seen)).parts)
    seen.ask(UNTOUCHED, good, ACCEPT)
    head, _ = seen.ask(UNTOUCHED, good, ACCEPT)
    assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")
    until(
        lambda: (
            [level for level, text in logged() if "SHIM_UNAUTHORIZED" in text]
            == ["DEBUG", "DEBUG"]
        ),
        "the lines",
    )


def test_handshakes_are_counted_separately():
    """Two handshakes and a call count as one request and two challenges."""
    with world("verify") as seen:
        good = line(Signature(nonce_of(seen)).parts)
        for _ in range(2):
            seen.ask(UNTOUCHED, good, ACCEPT)
        until(lambda: not seen.gateway.limits.count, "the last count")
        text = seen.gateway.metrics.text().decode()
    assert 'atlas_shim_challenges_total{reason="unsigned"} 1.0' in text
    assert 'atlas_shim_challenges_total{reason="stale"} 1.0' in text
    assert [
        word
        for word in text.splitlines()
        if word.startswith("atlas_shim_requests_total")
    ] == [
        'atlas_shim_requests_total{operation="other",route="pass",status="200",status_class="2xx"} 1.0'
    ]


@pytest.mark.parametrize(
    "request_line",
    ["CONNECT cloud.mongodb.com:443", f"GET http://cloud.mongodb.com{UNTOUCHED}"],
)
def test_use_as_a_forward_proxy_is_explained(seen, request_line):
    """If the gateway is set as HTTPS_PROXY or HTTP_PROXY, the response says that it is a base URL."""
    with calling(seen) as peer:
        peer.send(
            f"{request_line} HTTP/1.1\r\nHost: cloud.mongodb.com\r\n\r\n".encode()
        )
        _, content = peer.message()
    assert "base URL" in detail_of(content)


def test_tls_to_a_plain_listener_is_logged(seen, logged):
    """The log shows the first bytes, because TLS clients don't show a response in plain HTTP."""
    with calling(seen) as peer:
        peer.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        head, content = peer.message()
    assert status_of(head) == 400
    assert "--tls-cert" in detail_of(content)
    assert any("TLS handshake" in text for _, text in logged())
