"""Complete heads: parsed strictly, and cached without credentials."""

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
def test_bytes_that_are_no_request_are_refused(data):
    """Whatever comes is a head or a refusal, and never another error."""
    with contextlib.suppress(Refusal):
        check_beginning(data)
        parse_request(data + b"\r\n\r\n")


@given(st.binary(max_size=60))
def test_bytes_that_are_no_reply_are_told(data):
    """The same holds for what upstream says."""
    with contextlib.suppress(MalformedError):
        parse_reply(b"HTTP/1.1 200 OK\r\n" + data + b"\r\n\r\n")


@pytest.mark.parametrize("line", ["X" * 257 + ": 1", "Host: " + "a" * 257])
def test_what_form_of_strangers_is_short(line):
    """Names and hosts are looked up by their text; long ones would be kept for as long as nothing displaces them."""
    assert status_of(request(line)) in {400, 431}


def test_credentials_count_among_all_fields():
    """The line that is cut out before a head is looked up makes no room for more."""
    lines = [f"X-{number}: {'x' * 30000}" for number in range(2)]
    assert (
        status_of(request("Host: a", *lines, f"Authorization: Basic {'x' * 30000}"))
        == 431
    )


def test_a_credential_is_one_of_the_fields_that_a_request_may_have():
    """128 in all, wherever it stands, and also where the others are known already."""
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
    """Return what a parser makes of a head, or how it refuses it."""
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
def test_a_head_means_the_same_as_without_memory(heads, start):
    """Whatever was read before, and wherever credentials stand, a head is what the parser alone makes of it."""
    for lines in heads:
        data = "\r\n".join((start, *lines, "", "")).encode("latin-1")
        assert outcome(parse_request, data) == outcome(
            lambda data: (head._parse_request(data), None), data
        )


@given(st.lists(LINES, max_size=6))
def test_no_credential_form(lines):
    """Neither in what heads are known by, nor in what is known of them."""
    head._known.clear()  # other tests have secrets in fields where nobody looks for one
    with contextlib.suppress(Refusal):
        parse_request(
            "\r\n".join(("GET /x HTTP/1.1", *lines, "", "")).encode("latin-1")
        )
    assert not any(b"s3c" in known for known in head._known)
    assert "s3c" not in repr([*head._known.values()])


def test_cookies_of_upstream_are_not_remembered():
    """A reply that sets one is parsed each time."""
    data = b"HTTP/1.1 200 OK\r\nSet-Cookie: s3cret\r\nContent-Length: 0\r\n\r\n"
    before = head._known_reply.cache_info()
    assert parse_reply(data).headers == parse_reply(data).headers
    assert head._known_reply.cache_info() == before
