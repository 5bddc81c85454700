"""Parse complete heads with llhttp (through httptools), and check them further.

Each complete head gets a new parser, so that no state of one message reaches the next.
The parser never sees content.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import attrs
import httptools

from shim.core.messages import Headers, Reply
from shim.gateway.errors import Refusal, bad_request
from shim.gateway.http1.body import MalformedError
from shim.tools.radar.radar import ANNOUNCING

BODILESS = frozenset({204, 304})  # statuses of replies without content
LINE = 16384  # the limit on the request line, in bytes
FIELD = 32768  # the limit on a request's field name or value, in bytes
FIELDS = 65536  # the limit on all fields of a message, in bytes
MAX_FIELDS = 128  # the limit on a request's fields
_TOO_LONG = 1 << 53  # a length beyond this overflows in some implementations of HTTP

_LOOKED_AT = ANNOUNCING | {
    "connection", "content-encoding", "content-length", "expect", "host", "transfer-encoding", "user-agent", "via",
}  # fmt: skip
# The limit on a field's name or a Host in bytes: decisions about them are remembered.
NAME = 256
# The start of a head, in bytes, whose rest is looked up among remembered heads.
_SHORT = 8192
REMEMBERED = 2048  # the limit on a head that is remembered, in bytes
_MAX_HEADS = 256  # remembered fields of heads, and remembered forms of heads
# Heads with these fields are not remembered.
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
_TOO_MANY = "The request has too many fields."
_TOO_LONG_LINE = "The request target is too long."
TLS_RECORD = b"\x16\x03"  # the start of a TLS handshake (RFC 8446, 5.1)
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BEGINNING = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |$)")

# Fields whose values affect no decision.
_FREE = frozenset({"traceparent", "tracestate", "user-agent", "x-request-id"})
_LINE = re.compile(
    rb"(GET|HEAD|POST|PUT|PATCH|DELETE) (/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*) HTTP/1\.1"
)

# A field line that has no part in framing: its place in the head, name and value.
Credential = tuple[int, str, str]


class _Events:
    """The callbacks of the parser, which requires these names."""

    def __init__(self) -> None:
        self.text = b""  # a request's target, or a reply's reason phrase
        self.fields: list[tuple[str, bytes]] = []

    def on_url(self, piece: bytes) -> None:
        self.text += piece

    on_status = on_url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.decode("ascii"), value.strip(b" \t")))


@attrs.frozen(eq=False)
class Form:
    """The fields that reads without content have in common if they have the same form."""

    lines: Sequence[tuple[str, str | None]]
    """Names with values; the value is None where it is free."""
    free: Sequence[int]
    """The places of the free values."""
    accept: str
    """The value of Accept."""


@attrs.define(eq=False)
class RequestHead:
    """The head of a request: its line, its fields, and the framing of its content."""

    method: str
    target: str
    """As received."""
    headers: Headers = attrs.field(repr=False)
    """Values are as received, without the blanks around them."""
    is_http10: bool
    keep_alive: bool
    length: int | None
    """None without a Content-Length."""
    chunked: bool
    expects_continue: bool
    hosts: list[str]
    via: list[str]
    has_content: bool
    agent: str | None
    form: Form | None = attrs.field(default=None, repr=False)
    """None for a head with a credential or with content."""


@attrs.frozen(eq=False)
class ReplyHead(Reply):
    """The head of a reply."""

    reason: str = ""
    keep_alive: bool = True
    length: int | None = None
    """None without a Content-Length.

    Content that is not chunked either ends with the connection.
    """
    chunked: bool = False
    announces: bool = False
    """Whether it has a field that the radar reads."""
    codings: int = 0
    """The number of codings in its Content-Encoding."""


def parse_request(data: bytes) -> tuple[RequestHead, Credential | None]:
    """Return the head that ``data`` is, and its credential apart from it.

    Raises Refusal.

    ``data`` includes the empty line. Most heads of one caller differ only in their line
    and their credential. So the rest of a short head is remembered.
    """
    if len(data) > _SHORT:
        return _parse_request(data), None
    start = data.find(b"\r\nAuthorization: ")
    if start < 0:
        start = data.find(b"\r\nauthorization: ")
    end = data.find(b"\r\n", start + 2)
    if start >= 0:
        rest = data[:start] + data[end:]
        value = data[start + 17 : end]
    else:
        rest = data
        value = b""
    line_end = rest.find(b"\r\n")
    known = _known.get(rest[line_end:])
    line = _LINE.fullmatch(rest, 0, line_end)
    if known is not None and line is not None and line_end <= LINE:
        head = RequestHead(line[1].decode("ascii"), line[2].decode("ascii"), *known)
    else:
        head = _parse_request(rest)
        if any(name.lower() in _SECRET for name, _ in head.headers):
            return _parse_request(data) if start >= 0 else head, None
        if len(rest) - line_end <= REMEMBERED and line is not None:
            head.form = _form_of(head)
            if len(_known) >= _MAX_HEADS:
                _known.popitem(last=False)
            _known[rest[line_end:]] = [
                getattr(head, field.name) for field in attrs.fields(RequestHead)[2:]
            ]
    if start < 0:
        return head, None
    if len(head.headers) >= MAX_FIELDS or not _VALUE.fullmatch(value):
        return _parse_request(data), None
    name = data[start + 2 : start + 15].decode("ascii")
    return head, (data.count(b"\r\n", 0, start), name, _text(value.strip(b" \t")))


def _form_of(head: RequestHead) -> Form | None:
    """Return the form of a head without secrets, the same one for equal forms.

    It is None for a head with content.
    """
    if (
        head.has_content
        or head.length is not None
        or head.is_http10
        or head.expects_continue
    ):
        return None
    return _form(
        tuple(
            [
                (name, None if name.lower() in _FREE else value)
                for name, value in head.headers
            ]
        )
    )


@lru_cache(maxsize=_MAX_HEADS)
def _form(lines: tuple[tuple[str, str | None], ...]) -> Form:
    accept = ",".join(
        [
            value
            for name, value in lines
            if value is not None and name.lower() == "accept"
        ]
    )
    return Form(
        lines,
        [place for place, (_, value) in enumerate(lines) if value is None],
        accept,
    )


def _parse_request(data: bytes) -> RequestHead:
    events = _Events()
    parser = httptools.HttpRequestParser(events)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # an offer that the gateway doesn't accept (RFC 9110, 7.8)
    except (
        httptools.HttpParserError
    ) as error:  # methods are case-sensitive (RFC 9110, 9.1 and 15.6.2)
        if isinstance(
            error, httptools.HttpParserInvalidMethodError
        ) and _BEGINNING.match(data):
            raise bad_request("This gateway does not know the method.", 501) from None
        raise _malformed(data) from None
    version = parser.get_http_version()
    method = parser.get_method().decode("ascii")
    target = events.text
    if method == "PRI":  # the start of HTTP/2 (RFC 9113, 3.4)
        raise _malformed(data)
    _check_line(version, target)
    headers = tuple([(name, _text(value)) for name, value in events.fields])
    said = _said(headers)
    hosts, via, expected = (said.get(name, []) for name in ("host", "via", "expect"))
    if len(headers) > MAX_FIELDS or len(data) - len(target) > FIELDS:
        raise bad_request(_TOO_MANY, 431)
    if len(data) > NAME and _has_long_field(headers):
        raise bad_request("A field of the request is too long.", 431)
    if any(len(host) > NAME for host in hosts):
        raise bad_request("The Host field is not one host with an optional port.")
    keep_alive, length, chunked = _framing(said, is_http10=version == "1.0")
    if length is not None and length >= _TOO_LONG:
        raise bad_request("The Content-Length of the request is too large.", 413)
    if chunked is None:
        raise bad_request(
            "The Transfer-Encoding of the request does not conform to HTTP/1.1."
        )
    expects_continue = version == "1.1" and [one.lower() for one in expected[-1:]] == [
        "100-continue"
    ]
    return RequestHead(
        method, target.decode("ascii"), headers, version == "1.0", keep_alive, length, chunked, expects_continue,
        hosts, via, chunked or bool(length), said.get("user-agent", [None])[0],
    )  # fmt: skip


def _check_line(version: str, target: bytes) -> None:
    if version == "0.9":
        raise bad_request("The request uses HTTP/0.9, which has no header fields.")
    if version not in {"1.1", "1.0"}:
        raise bad_request("This gateway supports HTTP/1.1.", 505)
    if not target.isascii():
        raise bad_request(
            "The request target has bytes that should be percent-encoded."
        )
    if len(target) > LINE:
        raise bad_request(_TOO_LONG_LINE, 414)


def _has_long_field(headers: Headers) -> bool:
    return any(len(name) > NAME or len(value) > FIELD for name, value in headers)


def _said(lines: Headers) -> dict[str, list[str]]:
    """Return the values of the relevant fields, by their names in lower case."""
    said: dict[str, list[str]] = {}
    for name, value in lines:
        if (lower := name.lower()) in _LOOKED_AT:
            if lower in said:
                said[lower] = [*said[lower], value]
            else:
                said[lower] = [value]
    return said


def _framing(
    said: dict[str, list[str]], *, is_http10: bool
) -> tuple[bool, int | None, bool | None]:
    """Return whether the connection persists, the length, and whether it is chunked.

    The sources are RFC 9112, 9.3 and 6.1. The last value is None for another transfer
    coding than chunked, and for any in HTTP/1.0.
    """
    keep_alive = not is_http10
    chunked = False
    if "connection" in said:
        words = [
            word.strip().lower() for word in ",".join(said["connection"]).split(",")
        ]
        keep_alive = "close" not in words and (not is_http10 or "keep-alive" in words)
    if "transfer-encoding" in said:
        chunked = not is_http10 and [
            one.lower() for one in said["transfer-encoding"]
        ] == ["chunked"]
        if not chunked:
            return keep_alive, None, None
    return (
        keep_alive,
        int(said["content-length"][0]) if "content-length" in said else None,
        chunked,
    )


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request(
            "A field of the request has bytes that are neither ASCII nor UTF-8."
        ) from None


def _malformed(data: bytes) -> Refusal:
    if data.startswith(TLS_RECORD):
        return bad_request(
            "This is a TLS handshake, but the gateway uses plain HTTP here: call it with http://, or start it with "
            "--tls-cert and --tls-key."
        )
    return bad_request("The request is not well-formed HTTP/1.1.")


def check_beginning(data: bytes) -> None:
    """Check the start of an incomplete request head.

    Raises Refusal if no valid head can begin so.
    """
    if not _BEGINNING.match(data) or data.count(b"\n") != data.count(b"\r\n"):
        raise _malformed(data)
    line = data.find(b"\r\n")
    if (len(data) if line < 0 else line) > LINE + 32:
        raise bad_request(_TOO_LONG_LINE, 414)
    if line >= 0 and len(data) - line > FIELDS:
        raise bad_request(_TOO_MANY, 431)


def parse_reply(data: bytes) -> ReplyHead:
    """Return the head that ``data`` is, including its empty line.

    Raises MalformedError, also if it is framed twice. Within a second, most heads from
    upstream are equal, so short ones are remembered.
    """
    if len(data) > REMEMBERED or b"ookie" in data:
        return _parse_reply(data)
    return _known_reply(data)


def _parse_reply(data: bytes) -> ReplyHead:
    events = _Events()
    parser = httptools.HttpResponseParser(events)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # its status shows it
    except httptools.HttpParserError as error:
        raise MalformedError(str(error)) from None
    version = parser.get_http_version()
    status = parser.get_status_code()
    if _CONTROL.search(events.text):
        raise MalformedError("a control character in the reason phrase")
    if version not in {"1.1", "1.0"} or status < 100:
        raise MalformedError("a version or status that HTTP/1.1 doesn't have")
    headers = tuple(
        [
            (name, value.decode("utf-8", "surrogateescape"))
            for name, value in events.fields
        ]
    )
    said = _said(headers)
    keep_alive, length, chunked = _framing(said, is_http10=version == "1.0")
    if chunked is None:
        raise MalformedError("a transfer coding that was not requested")
    announces = not ANNOUNCING.isdisjoint(said)
    if "content-encoding" in said:
        codings = ",".join(said["content-encoding"]).count(",") + 1
    else:
        codings = 0
    reason = events.text.decode("utf-8", "surrogateescape")
    return ReplyHead(
        status,
        headers,
        None,
        None,
        reason,
        keep_alive,
        length,
        chunked,
        announces,
        codings,
    )


_known: OrderedDict[bytes, list[Any]] = OrderedDict()
_known_reply = lru_cache(maxsize=64)(_parse_reply)
