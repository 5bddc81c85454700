"""Every fault of an upstream, played on a raw socket."""

import contextlib
import gzip
import json
import ssl
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import attrs
import trustme

from tests.peers.raw import PATIENCE, Peer, raw_upstream

GROUP = "6510aa1b2c3d4e5f60718293"
DOCUMENT = {
    "results": [
        {
            "id": "6b05c3c6f892dad018f3f094",
            "startTime": "2026-06-01T00:00:00Z",
            "status": "COMPLETED",
        }
    ],
    "totalCount": 1,
    "id": "6b05c3c6f892dad018f3f095",
    "deliveryType": "RESTORE",
    "status": "PENDING",
    "projectId": GROUP,
    "snapshotId": "6b05c3c6f892dad018f3f094",
    "targetDeploymentItemName": "other",
    "targetProjectId": GROUP,
}
"""The fields common to a page of snapshots and a restore job, so that this content answers any retired call."""

CONTENT = json.dumps(DOCUMENT).encode()
JSON = "Content-Type: application/vnd.atlas.2024-11-13+json"
BOMB = 64 * 1024 * 1024
BODY_LIMIT = 4 * 1024 * 1024
"""The gateway's limit in these tests; it is low, so that content over the limit is produced quickly."""


@attrs.frozen
class Fault:
    """What upstream does after it has read a request.

    It sends ``message``, then acts according to ``end``: ``keep`` reads the next
    request, ``close`` and ``reset`` end the connection, ``hang`` does nothing, ``drip``
    sends ``rest`` a byte at a time, and ``early`` doesn't wait for the request's
    content. ``origin`` replaces such a server; ``tls`` is the defect of its TLS.
    ``content`` is the content that the caller should get if the reply is passed on.
    """

    name: str
    message: bytes = b""
    end: str = "close"
    rest: bytes = b""
    origin: str = ""
    tls: str = ""
    content: bytes = attrs.field()

    @content.default
    def _content(self) -> bytes:
        return self.message.partition(b"\r\n\r\n")[2] + self.rest


def message(
    content: bytes, *lines: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    """Return a reply; ``length`` is the Content-Length that it declares."""
    said = len(content) if length is None else length
    return head(f"Content-Length: {said}", *lines, status=status) + content


def head(*lines: str, status: str = "200 OK") -> bytes:
    """Return a reply's head."""
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode("latin-1")


def error(status: str, *lines: str) -> bytes:
    """Return an error in Atlas's format."""
    code = {
        "error": int(status[:3]),
        "errorCode": "RATE_LIMITED" if status[:3] == "429" else "UNEXPECTED_ERROR",
    }
    return message(
        json.dumps(code).encode(),
        "Content-Type: application/json",
        *lines,
        status=status,
    )


def with_member(text: str) -> bytes:
    """Return the document with one more member, given as text that may be malformed JSON."""
    return CONTENT[:-1] + b', "more": ' + text.encode("utf-8", "surrogatepass") + b"}"


def connections() -> Iterator[Fault]:
    """Connections that can't be established, or break."""
    yield Fault("connection refused", origin="http://127.0.0.1:1")
    yield Fault("name does not resolve", origin="http://upstream.invalid")
    yield Fault("TLS: the other side speaks none", tls="none")
    yield Fault("TLS: certificate of an unknown authority", tls="unknown")
    yield Fault("TLS: certificate expired", tls="expired")
    yield Fault("TLS: certificate of another name", tls="other")
    yield Fault("close before an answer")
    yield Fault("reset before an answer", end="reset")
    yield Fault("close within the head", b"HTTP/1.1 200 OK\r\nContent-Le")
    yield Fault(
        "reset within the content",
        message(CONTENT[:50], JSON, length=len(CONTENT)),
        "reset",
    )
    yield Fault(
        "content shorter than its length",
        message(CONTENT[:50], JSON, length=len(CONTENT)),
    )
    chunk = b"%x\r\n%b\r\n" % (len(CONTENT), CONTENT)
    coded = head("Transfer-Encoding: chunked", JSON)
    yield Fault("chunks cut within a chunk", coded + chunk[:50])
    yield Fault("chunks without the last one", coded + chunk)
    yield Fault("chunk size that is none", coded + chunk + b"what?\r\n")
    yield Fault("content that ends with the connection, cut", head(JSON) + CONTENT[:50])
    yield Fault("content that ends with the connection, whole", head(JSON) + CONTENT)
    yield Fault("hang before the head", end="hang")
    yield Fault("hang within the head", b"HTTP/1.1 200 OK\r\nContent-Le", "hang")
    yield Fault(
        "hang after the head", head(f"Content-Length: {len(CONTENT)}", JSON), "hang"
    )
    yield Fault(
        "hang within the content",
        message(CONTENT[:50], JSON, length=len(CONTENT)),
        "hang",
    )
    yield Fault(
        "drip of the content",
        head(f"Content-Length: {len(CONTENT)}", JSON),
        "drip",
        CONTENT,
    )


def messages() -> Iterator[Fault]:
    """Replies that are unusual or malformed HTTP."""
    yield Fault("status 999", message(CONTENT, JSON, status="999 What"), "keep")
    both = head("Transfer-Encoding: chunked", f"Content-Length: {len(CONTENT)}", JSON)
    both += b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
    yield Fault("Content-Length and chunks", both, "keep", content=CONTENT)
    yield Fault("head of 200 KB", message(CONTENT, JSON, "X: " + "a" * 200_000))
    yield Fault(
        "head of 200 KB in many fields",
        message(CONTENT, JSON, *(f"X-{n}: {'a' * 990}" for n in range(200))),
    )
    early = head("Link: </style.css>; rel=preload", status="103 Early Hints")
    yield Fault(
        "103 before the answer", early + message(CONTENT, JSON), "keep", content=CONTENT
    )
    switch = head(
        "Connection: Upgrade", "Upgrade: websocket", status="101 Switching Protocols"
    )
    yield Fault("101 unasked", switch)
    yield Fault("answer before the content is read", error("400 Bad Request"), "early")
    for name, value in {
        "seconds": "7",
        "a date": "Wed, 01 Jul 2026 00:00:00 GMT",
        "a date gone by": "Thu, 01 Jan 1970 00:00:00 GMT",
        "a word": "soon",
        "a huge number": "9" * 40,
        "a negative number": "-1",
    }.items():
        yield Fault(
            f"429, Retry-After {name}",
            error("429 Too Many Requests", f"Retry-After: {value}"),
            "keep",
        )
    yield Fault("429 without Retry-After", error("429 Too Many Requests"), "keep")
    yield Fault("500", error("500 Internal Server Error"), "keep")
    yield Fault(
        "502 in HTML",
        message(b"<html>", "Content-Type: text/html", status="502 Bad Gateway"),
        "keep",
    )
    yield Fault(
        "503 without content",
        message(b"", "Retry-After: 1", status="503 Service Unavailable"),
        "keep",
    )
    yield Fault("504", error("504 Gateway Timeout"), "keep")


def contents() -> Iterator[Fault]:
    """Content that is malformed."""
    packed = gzip.compress(CONTENT)
    coded = "Content-Encoding: gzip"
    yield Fault("gzip", message(packed, coded, JSON), "keep")
    yield Fault("gzip, cut", message(packed[:-9], coded, JSON), "keep")
    yield Fault(
        "gzip, broken",
        message(packed[:20] + b"broken" + packed[26:], coded, JSON),
        "keep",
    )
    yield Fault("gzip that is none", message(CONTENT, coded, JSON), "keep")
    yield Fault(
        f"gzip of {BOMB >> 20} MiB in {len(bomb()) >> 10} KiB",
        message(bomb(), coded, JSON),
        "keep",
    )
    twice = gzip.compress(bomb())
    yield Fault(
        "gzip of a gzip bomb",
        message(twice, "Content-Encoding: gzip, gzip", JSON),
        "keep",
    )
    empty = gzip.compress(b"") * 100_000
    yield Fault(
        "gzip of 100,000 empty members", message(empty + packed, coded, JSON), "keep"
    )
    yield Fault(
        "coding that is unknown", message(CONTENT, "Content-Encoding: zz", JSON), "keep"
    )
    yield Fault(
        "content type text/plain", message(CONTENT, "Content-Type: text/plain"), "keep"
    )
    yield Fault("no content type", message(CONTENT), "keep")
    yield Fault(
        "HTML with 200",
        message(b"<html>Sign in</html>", "Content-Type: text/html"),
        "keep",
    )
    yield Fault(
        "HTML that says it is JSON", message(b"<html>Sign in</html>", JSON), "keep"
    )
    yield Fault("200 without content", message(b"", JSON), "keep")
    yield Fault("204", head(status="204 No Content"), "keep")
    for name, text in {
        "null": b"null",
        "an array": b"[" + CONTENT + b"]",
        "a number": b"1",
        "JSON 1,000 deep": with_member("[" * 1000 + "]" * 1000),
        "JSON 100,000 deep": with_member("[" * 100_000 + "]" * 100_000),
        "JSON 100,000 deep and cut": with_member("[" * 100_000),
        "JSON larger than the limit": with_member('"' + "a" * BODY_LIMIT + '"'),
        "NaN": with_member("NaN"),
        "Infinity": with_member("-Infinity"),
        "1e400": with_member("1e400"),
        "integer of 5,000 digits": with_member("9" * 5000),
        "the same key twice": with_member('1, "status": "FAILED", "status": "FAILED"'),
        "a lone surrogate": with_member('"\\ud800"'),
        "invalid UTF-8": with_member('"?"').replace(b"?", b"\xff\xfe"),
        "UTF-8 with a byte order mark": b"\xef\xbb\xbf" + CONTENT,
        "UTF-16": CONTENT.decode().encode("utf-16"),
        "two documents": CONTENT + CONTENT,
    }.items():
        yield Fault(name, message(text, JSON), "keep")


@cache
def bomb() -> bytes:
    """Return a small gzip file that decompresses to a large one."""
    machine = zlib.compressobj(9, wbits=31)
    piece = bytes(1 << 20)
    return (
        b"".join(machine.compress(piece) for _ in range(BOMB >> 20)) + machine.flush()
    )


CATALOG = {
    "Connections": tuple(connections()),
    "Messages": tuple(messages()),
    "Content": tuple(contents()),
}


@attrs.define
class Stage:
    """A server that plays a fault until it is ``healthy``, and records its requests in ``asked``.

    ``seen`` are the calls whose caller has received a reply's head; ``authority`` is
    the CA that the gateway must trust.
    """

    fault: Fault
    origin: str = ""
    healthy: bool = False
    asked: list[str] = attrs.field(factory=list)
    seen: dict[str, threading.Event] = attrs.field(factory=dict)
    over: threading.Event = attrs.field(factory=threading.Event)
    tls: ssl.SSLContext | None = None
    authority: trustme.CA = attrs.field(factory=trustme.CA)

    def head_of(self, call: str) -> threading.Event:
        """Return the event of a call whose caller has received a head, the same one for every task."""
        return self.seen.setdefault(call, threading.Event())

    def script(self, peer: Peer) -> None:
        """Serve one connection."""
        if self.fault.tls == "none":
            peer.some()
            peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        if self.tls is not None:
            peer.socket = self.tls.wrap_socket(peer.socket, server_side=True)
        while True:
            if self.fault.end == "early":
                start = peer.take(b"\r\n\r\n")
                peer.seen = start + peer.seen
                if not self.healthy:
                    self.asked.append(_call_of(start))
                    peer.send(self.fault.message)
                    peer.message()
                    continue
            start, _ = peer.message()
            if self.healthy:
                peer.send(message(CONTENT, JSON))
                continue
            call = _call_of(start)
            self.asked.append(call)
            if not self._play(peer, call):
                return

    def _play(self, peer: Peer, call: str) -> bool:
        fault = self.fault
        peer.send(fault.message)
        if fault.end == "keep":
            return True
        is_retired = call.startswith("retired")
        if b"\r\n\r\n" in fault.message and not is_retired:
            # If the end overtook the head, this would be a different fault.
            self.head_of(call).wait(PATIENCE)
        match fault.end:
            case "reset":
                peer.reset()
            case "hang":
                self.over.wait()
            case "drip":
                for byte in fault.rest:
                    # A translated call has its deadline.
                    if self.over.wait(0.1 if is_retired else 0.001):
                        break
                    peer.send(bytes([byte]))
        return False


def _call_of(head: bytes) -> str:
    method, target, _ = head.decode("latin-1").split(" ", 2)
    if "/flexClusters/" in target:
        return f"retired {method}"
    return method


def tls_of(stage: Stage, kind: str) -> ssl.SSLContext:
    """Return a server's TLS context with one defect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "expired":
        gone = datetime.now(UTC) - timedelta(days=1)
    else:
        gone = None
    if kind == "unknown":
        signer = trustme.CA()
    else:
        signer = stage.authority
    if kind == "other":
        name = "other.test"
    else:
        name = "127.0.0.1"
    signer.issue_cert(name, not_after=gone).configure_cert(context)
    return context


@contextlib.contextmanager
def staged(fault: Fault) -> Iterator[Stage]:
    """Run the server of a fault, or none if its origin is unreachable."""
    stage = Stage(fault, origin=fault.origin)
    if fault.origin:
        yield stage
        return
    if fault.tls not in {"", "none"}:
        stage.tls = tls_of(stage, fault.tls)
    with raw_upstream(stage.script) as upstream:
        stage.origin = (
            upstream.origin.replace("http:", "https:") if fault.tls else upstream.origin
        )
        try:
            yield stage
        finally:
            stage.over.set()
