"""An Atlas that replies to each parsed request as a test sets it, byte for byte."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from tests.peers.raw import converse, raw_upstream


def wire(
    status: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> bytes:
    """Return a reply as bytes; its length is that of the body."""
    drop = {"content-length", "transfer-encoding", "content-encoding", "connection"}
    kept = [(name, value) for name, value in headers if name.lower() not in drop]
    head = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Length: {len(body)}",
        *(f"{name}: {text}" for name, text in kept),
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def error(status: int, code: str | None, **members: Any) -> bytes:
    """Return an Atlas error as bytes on the wire."""
    document = {
        "detail": "…",
        "error": status,
        "errorCode": code,
        "parameters": [],
        "reason": "…",
        **members,
    }
    return wire(
        status, (("Content-Type", "application/json"),), json.dumps(document).encode()
    )


def ok(document: Any, status: int = 200) -> bytes:
    """Return a JSON document as bytes on the wire."""
    return wire(
        status, (("Content-Type", "application/json"),), json.dumps(document).encode()
    )


NON_FLEX = error(400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API")
FLEX_IN_CLUSTER = error(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")
NO_CLUSTER = error(404, "CLUSTER_NOT_FOUND")
GONE = error(410, "VERSION_GONE")


@attrs.frozen
class Arrival:
    """One request as it reached the upstream."""

    method: str
    target: str
    fields: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def side(self) -> str:
        """The requested interface: legacy, flex, or dedicated."""
        words = {
            "/serverless": "legacy",
            "/backup/tenant/": "legacy",
            "/flexClusters": "flex",
            "/clusters": "dedicated",
        }
        return next(
            (side for word, side in words.items() if word in self.path), "other"
        )


Answer = Callable[[Arrival], bytes]
"""From a request to the bytes of its reply; empty bytes end the connection without one."""


@attrs.define
class Upstream:
    """A running upstream; ``answer`` may be changed, ``arrivals`` are the requests in order."""

    origin: str
    answer: Answer
    arrivals: list[Arrival] = attrs.field(factory=list)

    @property
    def sides(self) -> list[str]:
        """The requested sides, in order."""
        return [arrival.side for arrival in self.arrivals]

    @property
    def writes(self) -> list[str]:
        """The sides that got a write, in order."""
        return [
            arrival.side
            for arrival in self.arrivals
            if arrival.method not in {"GET", "HEAD"}
        ]


@contextlib.contextmanager
def upstream(answer: Answer) -> Iterator[Upstream]:
    """Run an upstream on loopback."""

    def arrived(head: bytes, body: bytes) -> bytes | None:
        lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = lines[0].split(" ")
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        running.arrivals.append(Arrival(method, target, fields, body))
        return running.answer(running.arrivals[-1]) or None

    with raw_upstream(lambda peer: converse(peer, arrived)) as raw:
        running = Upstream(raw.origin, answer)
        yield running


def by_side(**replies: bytes) -> Answer:
    """Reply by the requested side; any other side returns 500."""
    return lambda arrival: replies.get(arrival.side, error(500, "UNEXPECTED_ERROR"))
