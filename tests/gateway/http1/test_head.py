"""Message heads: strict parsing, and a cache without credentials."""

import contextlib
from unittest import mock

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.gateway.errors import Refusal
from shim.gateway.http1 import head
from shim.gateway.http1.body import EMPTY, MalformedError
from shim.gateway.http1.head import check_beginning, parse_reply, parse_request
from shim.gateway.http1.response import Request


def request(*lines, start="GET /x HTTP/1.1"):
    return "\r\n".join((start, *lines, "", "")).encode("latin-1")


def status_of(data):
    with pytest.raises(Refusal) as caught:
        parse_request(data)
    return caught.value.status


@given(st.binary(max_size=60))
def test_bytes_are_a_request_or_a_refusal(data):
    """No bytes cause another error."""
    with contextlib.suppress(Refusal):
        check_beginning(data)
        parse_request(data + b"\r\n\r\n")


@given(st.binary(max_size=60))
def test_bytes_are_a_response_or_a_refusal(data):
    """No bytes from upstream cause another error."""
    with contextlib.suppress(MalformedError):
        parse_reply(b"HTTP/1.1 200 OK\r\n" + data + b"\r\n\r\n")


@pytest.mark.parametrize("line", ["X" * 257 + ": 1", "Host: " + "a" * 257])
def test_cache_keys_from_callers_are_short(line):
    """Long names and hosts would stay in the cache until something displaces them."""
    assert status_of(request(line)) in {400, 431}


def test_credentials_count_towards_the_field_size():
    """The Authorization line is cut out before the cache lookup, but still counts."""
    lines = [f"X-{number}: {'x' * 30000}" for number in range(2)]
    assert (
        status_of(request("Host: a", *lines, f"Authorization: Basic {'x' * 30000}"))
        == 431
    )


def test_credentials_count_towards_the_number_of_fields():
    """The limit is 128 wherever the line is, also for a cached head."""
    others = [f"X-{number}: y" for number in range(126)]
    for _ in range(2):
        head, _ = parse_request(
            request("Host: a", *others, "Authorization: Basic eA==")
        )
        assert len(head.headers) in {127, 128}
        assert (
            status_of(request("Host: a", *others, "X: y", "Authorization: Basic eA=="))
            == 431
        )


LINES = st.sampled_from([
    "Host: a", "Host: b", "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close", "Via: 1.1 x", "X: y",
    "Authorization: Bearer s3cret", 'authorization: Digest s3cret, a="b"', "AUTHORIZATION: s3cret", " s3cret",
    "Authorization:s3cret", "Authorization : s3cret", "Authorization: ", "Authorization: s3cr\x00et",
    "Authorization: s3cr\ret", "Cookie: s3cret", "Proxy-Authorization: s3cret", "X-Authorization: Authorization: z",
])  # fmt: skip


def outcome(parse, data):
    """Return the parsed head, or the refusal."""
    try:
        found, credential = parse(data)
    except Refusal as refusal:
        return refusal.status, refusal.code
    headers = Request(found, credential, EMPTY, mock.Mock()).headers
    return headers, attrs.asdict(
        found, filter=lambda one, _: one.name not in {"headers", "form"}
    )


@given(
    st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=4),
    st.sampled_from(["GET /x HTTP/1.1", "GET /y HTTP/1.0"]),
)
def test_the_cache_does_not_change_the_result(heads, start):
    """Whatever was parsed before, a head has the same result as without the cache."""
    for lines in heads:
        data = "\r\n".join((start, *lines, "", "")).encode("latin-1")
        assert outcome(parse_request, data) == outcome(
            lambda data: (head._parse_request(data), None), data
        )


@given(st.lists(LINES, max_size=6))
def test_the_cache_has_no_credentials(lines):
    """Neither in its keys nor in its values."""
    head._known.clear()  # other tests have secrets in fields without a special meaning
    with contextlib.suppress(Refusal):
        parse_request(
            "\r\n".join(("GET /x HTTP/1.1", *lines, "", "")).encode("latin-1")
        )
    assert not any(b"s3c" in known for known in head._known)
    assert "s3c" not in repr([*head._known.values()])


def test_responses_with_cookies_are_not_cached():
    """A response that sets a cookie is parsed each time."""
    data = b"HTTP/1.1 200 OK\r\nSet-Cookie: s3cret\r\nContent-Length: 0\r\n\r\n"
    before = head._known_reply.cache_info()
    assert parse_reply(data).headers == parse_reply(data).headers
    assert head._known_reply.cache_info() == before
