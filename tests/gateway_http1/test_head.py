"""Whole heads, parsed: what llhttp leaves open is closed, and nothing of one head is left in the next."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.gateway.errors import Refusal
from shim.gateway.http1.head import (
    MalformedHead,
    check_beginning,
    parse_reply,
    parse_request,
)


def request(*lines, start="GET /x HTTP/1.1"):
    return "\r\n".join((start, *lines, "", "")).encode("latin-1")


def status_of(data):
    with pytest.raises(Refusal) as caught:
        parse_request(data)
    return caught.value.status


def test_a_head_leaves_nothing_behind():
    """After a head that is refused, or one with content, the next one is read for itself."""
    assert status_of(request("X : y")) == 400
    assert parse_request(request("Host: a", "Content-Length: 5")).length == 5
    assert parse_request(request("Host: b")).headers == (("Host", "b"),)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_request_are_refused(data):
    """Whatever comes is a head or a refusal, and never another error."""
    with contextlib.suppress(Refusal):
        check_beginning(data)
        parse_request(data + b"\r\n\r\n")


@given(st.binary(max_size=60))
def test_bytes_that_are_no_reply_are_told(data):
    """The same holds for what upstream says."""
    with contextlib.suppress(MalformedHead):
        parse_reply(b"HTTP/1.1 200 OK\r\n" + data + b"\r\n\r\n")


@pytest.mark.parametrize("line", ["X" * 257 + ": 1", "Host: " + "a" * 257])
def test_what_is_remembered_of_strangers_is_short(line):
    """Names and hosts are looked up by their text; long ones would be kept for as long as nothing displaces them."""
    assert status_of(request(line)) in {400, 431}


def test_credentials_count_among_all_fields():
    """The line that is cut out before a head is looked up makes no room for more."""
    lines = [f"X-{number}: {'x' * 30000}" for number in range(2)]
    assert status_of(request("Host: a", *lines, f"Authorization: Basic {'x' * 30000}")) == 431
