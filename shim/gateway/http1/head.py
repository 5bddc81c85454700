"""Whole heads of messages, parsed by llhttp (through httptools) and then held to what it leaves open.

A head is given to a parser of its own once it is complete, so that nothing is left of one message when the next one
comes. Content never gets there: its length stands in the head, or it is chunked (``chunks``), or it ends with the
connection.
"""

from __future__ import annotations

import re
from functools import lru_cache

import attrs
import httptools

from shim.core.messages import Headers
from shim.gateway import errors
from shim.tools.radar.announcement import ANNOUNCING

LINE = 16384
"""Bytes of the request line."""

FIELD = 32768
"""Bytes of one field of a request, its name or its value."""

FIELDS = 65536
"""Bytes of all fields of a message."""

COUNT = 128
"""Fields of a request; more is a bad one."""

_TOO_LONG = 1 << 53
"""Bytes that some of HTTP's implementations can't count any more."""

_OBEYED = frozenset({"connection", "content-length", "expect", "host", "transfer-encoding", "via"})
_LOOKED_AT = ANNOUNCING | {"connection", "content-encoding", "content-length", "transfer-encoding"}

NAME = 256
"""Bytes of a field's name, or of a Host: no more, since what is decided about one is remembered."""

_SHORT = 8192
"""Bytes of a head whose rest is looked for among those that are remembered."""

REMEMBERED = 2048
"""Bytes of a head that is remembered."""

_MOST = 256
"""Heads that are remembered."""

_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Fields that no head is remembered with."""

_TOO_MANY = "The request has too many fields."
_TOO_LONG_LINE = "The request target is too long."

_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
TLS_RECORD = b"\x16\x03"
"""How a TLS handshake begins (RFC 8446, 5.1)."""

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ ")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BEGINNING = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |$)")


class MalformedHead(ValueError):  # noqa: N818 - named for what it says of a reply
    """A reply's head is not well-formed."""


class _Events:
    """What the parser calls; it asks for these names."""

    __slots__ = ("fields", "reason", "target")

    def __init__(self) -> None:
        self.target = b""
        self.reason = b""
        self.fields: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))


@attrs.define(eq=False)
class RequestHead:
    """The head of a request: what its line and fields say, and how its content is framed.

    ``length`` is None without a Content-Length; ``chunked`` content has none. ``target`` is raw, and so are values,
    but for the blanks around them. A head that is remembered has itself as ``base``, without the ``credential``: that
    line's place, name and value. ``prepared`` is what others remember of such a base.
    """

    method: str
    target: str
    headers: Headers = attrs.field(repr=False)
    is_http10: bool = False
    keep_alive: bool = True
    length: int | None = None
    chunked: bool = False
    expects_continue: bool = False
    hosts: list[str] = attrs.field(factory=list)
    via: list[str] = attrs.field(factory=list)
    has_content: bool = False  # whether it follows (RFC 9112, 6.3)
    agent: str | None = None  # the caller's User-Agent
    base: RequestHead | None = attrs.field(default=None, repr=False)
    credential: tuple[int, str, str] | None = attrs.field(default=None, repr=False)
    prepared: object = attrs.field(default=None, repr=False)

    def with_credential(self, place: int, name: str, value: str) -> RequestHead:
        """Return the same head with one more field line at a place, which frames nothing."""
        headers = (*self.headers[:place], (name, value), *self.headers[place:])
        return RequestHead(
            self.method, self.target, headers, self.is_http10, self.keep_alive, self.length, self.chunked,
            self.expects_continue, self.hosts, self.via, self.has_content, self.agent, self, (place, name, value),
        )  # fmt: skip


@attrs.define(eq=False)
class ReplyHead:
    """The head of a reply: ``length`` is None without a Content-Length; content with neither ends the connection."""

    status: int
    reason: str
    headers: Headers = attrs.field(repr=False)
    keep_alive: bool
    length: int | None = None
    chunked: bool = False
    announces: bool = False  # whether it has a field that the radar looks at
    is_coded: bool = False  # whether it has a Content-Encoding


def parse_request(data: bytes) -> RequestHead:
    """Return the head that ``data`` is, its empty line included; raises Refusal.

    Callers say the same but for their credentials again and again: the rest of a short head is remembered.
    """
    if len(data) > _SHORT:
        return _parse_request(data)
    start = data.find(b"\r\nAuthorization: ")
    if start < 0:
        start = data.find(b"\r\nauthorization: ")
    end = data.find(b"\r\n", start + 2)
    rest, value = (data[:start] + data[end:], data[start + 17 : end]) if start >= 0 else (data, b"")
    head = _known.get(rest)
    if head is None:
        head = _parse_request(rest)
        if any(name.lower() in _SECRET for name, _ in head.headers):
            return _parse_request(data) if start >= 0 else head
        if len(rest) <= REMEMBERED:
            if len(_known) >= _MOST:
                _known.clear()
            _known[rest] = head.base = head
    if start < 0:
        return head
    if len(head.headers) >= COUNT or not _VALUE.fullmatch(value):
        return _parse_request(data)
    said = value.strip(b" \t").decode("ascii") if value.isascii() else _text(value)
    return head.with_credential(data.count(b"\r\n", 0, start), data[start + 2 : start + 15].decode("ascii"), said)


def _parse_request(data: bytes) -> RequestHead:
    events = _Events()
    parser = httptools.HttpRequestParser(events)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # an offer that the gateway doesn't take up (RFC 9110, 7.8)
    except httptools.HttpParserInvalidMethodError:
        raise _unknown_method(data) from None
    except httptools.HttpParserError:
        raise _malformed(data) from None
    version = parser.get_http_version()
    if parser.get_method() == b"PRI":  # the beginning of HTTP/2 (RFC 9113, 3.4)
        raise _malformed(data)
    if version not in {"1.1", "1.0"}:
        if version == "0.9":
            raise errors.bad_request("The request is of HTTP/0.9, which has no fields.")
        raise errors.bad_request("This gateway speaks HTTP/1.1.", 505)
    if not events.target.isascii():
        raise errors.bad_request("The request target has bytes that should be percent-encoded.")
    if len(events.target) > LINE:
        raise errors.bad_request(_TOO_LONG_LINE, 414)
    method = parser.get_method().decode("ascii")
    head = RequestHead(method, events.target.decode("ascii"), (), is_http10=version == "1.0")
    head.headers = _read_fields(head, events.fields)
    if len(head.headers) > COUNT or len(data) - len(events.target) > FIELDS:
        raise errors.bad_request(_TOO_MANY, 431)
    if len(data) > NAME and any(len(name) > NAME or len(value) > FIELD for name, value in head.headers):
        raise errors.bad_request("A field of the request is too long.", 431)
    return head


def _read_fields(head: RequestHead, fields: list[tuple[bytes, bytes]]) -> Headers:
    """Return the field lines, and note in the head what those say that the gateway itself obeys."""
    lines = []
    connection = None
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("ascii"), _text(raw_value)
        lines.append((name, value))
        lower = name.lower()
        if lower not in _OBEYED:
            continue
        if lower == "host":
            if len(value) > NAME:
                raise errors.bad_request("The Host field is not one host with an optional port.")
            head.hosts.append(value)
        elif lower == "via":
            head.via.append(value)
        elif lower == "connection":
            connection = f"{connection},{value}" if connection else value
        elif lower == "expect":
            head.expects_continue = value.lower() == "100-continue" and not head.is_http10
        elif lower == "content-length":
            # The parser lets through one, of digits.
            head.length = int(value)
            if head.length >= _TOO_LONG:
                raise errors.bad_request("The Content-Length of the request is beyond all counting.", 413)
        else:
            # Of no use in HTTP/1.0 (RFC 9112, 6.1); another coding than this one would have to be undone here.
            if head.chunked or value.lower() != "chunked" or head.is_http10:
                detail = "The Transfer-Encoding of the request is not what HTTP/1.1 requires of all."
                raise errors.bad_request(detail)
            head.chunked = True
    head.has_content = head.chunked or bool(head.length)
    head.keep_alive = _is_kept(connection or "", is_http10=head.is_http10)
    head.agent = next((value for name, value in lines if name.lower() == "user-agent"), None)
    return tuple(lines)


def _text(value: bytes) -> str:
    try:
        return value.strip(b" \t").decode("utf-8")
    except UnicodeDecodeError:
        raise errors.bad_request("A field of the request has bytes that are neither ASCII nor UTF-8.") from None


def _is_kept(connection: str, *, is_http10: bool) -> bool:
    """Return whether the connection persists after the message (RFC 9112, 9.3)."""
    words = [word.strip().lower() for word in connection.split(",")]
    return "close" not in words and (not is_http10 or "keep-alive" in words)


def _unknown_method(data: bytes) -> errors.Refusal:
    if _TOKEN.match(data.lstrip(b"\r\n")):
        # Methods are case-sensitive (RFC 9110, 9.1 and 15.6.2).
        return errors.bad_request("The method is none that this gateway knows.", 501)
    return _malformed(data)


def _malformed(data: bytes) -> errors.Refusal:
    if data.startswith(TLS_RECORD):
        return errors.bad_request(
            "This is a TLS handshake, and the gateway speaks plain HTTP here: call it by http://, or start it with "
            "--tls-cert and --tls-key."
        )
    return errors.bad_request("The request is not well-formed HTTP/1.1.")


def check_beginning(data: bytes) -> None:
    """Look at the beginning of a request's head that isn't whole yet; raises Refusal when no head can begin so."""
    if not _BEGINNING.match(data) or data.count(b"\n") != data.count(b"\r\n"):
        raise _malformed(data)
    line = data.find(b"\r\n")
    if (len(data) if line < 0 else line) > LINE + 32:
        raise errors.bad_request(_TOO_LONG_LINE, 414)
    if line >= 0 and len(data) - line > FIELDS:
        raise errors.bad_request(_TOO_MANY, 431)


def parse_reply(data: bytes) -> ReplyHead:
    """Return the head that ``data`` is, its empty line included; raises MalformedHead.

    What frames content is as strict as in a request: an upstream that says it in two ways is not believed in any.
    Within a second upstream mostly says the same: a short head is remembered.
    """
    return _parse_reply(data) if len(data) > REMEMBERED or b"ookie" in data else _known_reply(data)


def _parse_reply(data: bytes) -> ReplyHead:
    events = _Events()
    parser = httptools.HttpResponseParser(events)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # its status says so
    except httptools.HttpParserError as error:
        raise MalformedHead(str(error)) from None
    version = parser.get_http_version()
    if _CONTROL.search(events.reason):
        raise MalformedHead("a control character in the reason phrase")
    if version not in {"1.1", "1.0"} or parser.get_status_code() < 100:
        raise MalformedHead("a version or a status that is not HTTP/1.1's")
    headers = [
        (name.decode("ascii"), value.strip(b" \t").decode("utf-8", "surrogateescape")) for name, value in events.fields
    ]
    head = ReplyHead(
        parser.get_status_code(), events.reason.decode("utf-8", "surrogateescape"), tuple(headers), version == "1.1"
    )
    connection = None
    for name, value in headers:
        lower = name.lower()
        if lower not in _LOOKED_AT:
            continue
        head.announces |= lower in ANNOUNCING
        head.is_coded |= lower == "content-encoding"
        if lower == "content-length":
            head.length = int(value)
        elif lower == "transfer-encoding":
            if head.chunked or value.lower() != "chunked" or version == "1.0":
                raise MalformedHead("a transfer coding that was not asked for")
            head.chunked = True
        elif lower == "connection":
            connection = f"{connection},{value}" if connection else value
    head.keep_alive = _is_kept(connection or "", is_http10=version == "1.0")
    return head


_known: dict[bytes, RequestHead] = {}
_known_reply = lru_cache(maxsize=64)(_parse_reply)
