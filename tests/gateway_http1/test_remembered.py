"""What is remembered of heads: the same as if it were not, and never a credential."""

import contextlib

import attrs
from hypothesis import given
from hypothesis import strategies as st

from shim.gateway.errors import Refusal
from shim.gateway.http1 import head
from shim.gateway.http1.head import parse_reply, parse_request

LINES = st.sampled_from(
    [
        "Host: a",
        "Host: b",
        "Authorization: Bearer s3cret",
        'authorization: Digest s3cret, a="b"',
        "AUTHORIZATION: s3cret",
        "Authorization:s3cret",
        "Authorization : s3cret",
        "Authorization: ",
        "Authorization: s3cr\x00et",
        "Authorization: s3cr\ret",
        " s3cret",
        "Cookie: s3cret",
        "Proxy-Authorization: s3cret",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "X: y",
        "X-Authorization: Authorization: z",
        "Via: 1.1 x",
    ]
)


def outcome(parse, data):
    """Return what a parser makes of a head, or how it refuses it."""
    try:
        return attrs.asdict(parse(data), filter=lambda one, _: one.name not in {"base", "credential", "prepared"})
    except Refusal as refusal:
        return refusal.status, refusal.code


@given(
    st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=4),
    st.sampled_from(["GET /x HTTP/1.1", "GET /y HTTP/1.0"]),
)
def test_a_head_means_the_same_as_without_memory(heads, start):
    """Whatever was read before, and wherever credentials stand, a head is what the parser alone makes of it."""
    for lines in heads:
        data = "\r\n".join((start, *lines, "", "")).encode("latin-1")
        assert outcome(parse_request, data) == outcome(head._parse_request, data)


@given(st.lists(LINES, max_size=6))
def test_no_credential_is_remembered(lines):
    """Neither in what heads are known by, nor in what is known of them."""
    head._known.clear()  # other tests have secrets in fields where nobody looks for one
    with contextlib.suppress(Refusal):
        parse_request("\r\n".join(("GET /x HTTP/1.1", *lines, "", "")).encode("latin-1"))
    assert not any(b"s3c" in known for known in head._known)
    assert "s3c" not in repr([known.headers for known in head._known.values()])


def test_cookies_of_upstream_are_not_remembered():
    """A reply that sets one is parsed each time."""
    data = b"HTTP/1.1 200 OK\r\nSet-Cookie: s3cret\r\nContent-Length: 0\r\n\r\n"
    before = head._known_reply.cache_info()
    assert parse_reply(data).headers == parse_reply(data).headers
    assert head._known_reply.cache_info() == before
