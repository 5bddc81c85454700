"""An upstream that answers as a test says, byte for byte, and the gateway in front of it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import httpx

from shim.core.settings import RouteWord
from shim.gateway import Gateway, Options, serve_in_thread
from tests.gateway.peers import LOOPBACK, Arrivals, Peer, raw_upstream

CASES = Path(__file__).parents[1] / "cases"
SHARED = Path(__file__).parents[3] / "shared" / "recorded"
"""More recordings, where somebody keeps them beside the checkout; every test here takes them in."""

AFTER = datetime(2026, 8, 1, tzinfo=UTC)
"""A day after the sunset of the backup endpoints, and before that of the instance reads."""
BEFORE = datetime(2026, 1, 21, tzinfo=UTC)
LATE = datetime(2027, 2, 1, tzinfo=UTC)
"""A day after both sunsets."""


@attrs.frozen
class Exchange:
    """One recorded exchange; ``body`` is the content as text."""

    file: str
    method: str
    path: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def document(self) -> Any:
        """The content, decoded."""
        return json.loads(self.body)

    @property
    def raw(self) -> bytes:
        """The reply as bytes on the wire."""
        return wire(self.status, self.headers, self.body.encode())


def recordings(prefix: str = "") -> list[Exchange]:
    """Return the recorded exchanges of the files whose names start so, the shared ones too, each once."""
    lines: dict[str, str] = {}
    for folder in (CASES / "recorded", SHARED):
        for path in sorted(folder.glob(f"{prefix}*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                lines.setdefault(line, path.name)
    found = []
    for line, name in lines.items():
        said = json.loads(line)
        if "headers" not in said:  # a pair of bodies, and no exchange
            continue
        headers = tuple((key, value) for key, value in said["headers"])
        found.append(Exchange(name, said["method"], said["path"], said["status"], headers, said["body"]))
    return found


def wire(status: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> bytes:
    """Return a reply as bytes; its length is that of the body."""
    drop = {"content-length", "transfer-encoding", "content-encoding", "connection"}
    kept = [(name, value) for name, value in headers if name.lower() not in drop]
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *(f"{name}: {text}" for name, text in kept)]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def error(status: int, code: str | None, **members: Any) -> bytes:
    """Return an Atlas error as bytes on the wire."""
    document = {"detail": "…", "error": status, "errorCode": code, "parameters": [], "reason": "…", **members}
    return wire(status, (("Content-Type", "application/json"),), json.dumps(document).encode())


def ok(document: Any, status: int = 200) -> bytes:
    """Return a JSON document as bytes on the wire."""
    return wire(status, (("Content-Type", "application/json"),), json.dumps(document).encode())


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
        """Which interface was asked: legacy, flex, or dedicated."""
        words = {"/serverless": "legacy", "/flexClusters": "flex", "/clusters": "dedicated"}
        return next((side for word, side in words.items() if word in self.path), "other")


Answer = Callable[[Arrival], bytes]
"""From a request to the bytes of its reply; empty bytes end the connection unanswered."""


@attrs.define
class Upstream:
    """A running upstream; ``answer`` may be changed, ``arrivals`` are the requests in order."""

    origin: str
    answer: Answer
    arrivals: list[Arrival] = attrs.field(factory=list)

    @property
    def sides(self) -> list[str]:
        """The sides that were asked, in order."""
        return [arrival.side for arrival in self.arrivals]

    @property
    def writes(self) -> list[str]:
        """The sides that got a write, in order."""
        return [arrival.side for arrival in self.arrivals if arrival.method not in {"GET", "HEAD"}]


@contextlib.contextmanager
def upstream(answer: Answer) -> Iterator[Upstream]:
    """Run an upstream on loopback."""
    box: list[Upstream] = []

    def script(peer: Peer) -> None:
        while True:
            head, body = peer.message()
            lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            method, target, _ = lines[0].split(" ")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            arrival = Arrival(method, target, fields, body)
            box[0].arrivals.append(arrival)
            reply = box[0].answer(arrival)
            if not reply:
                return
            if reply is RESET:
                peer.reset()
                return
            peer.send(reply)
            if reply.endswith(BREAK):
                return

    with raw_upstream(script) as running:
        assert isinstance(running, Arrivals)
        box.append(Upstream(running.origin, answer))
        yield box[0]


RESET = b"(reset)"
"""A reply that resets the connection instead."""
BREAK = b"(the connection ends here)"
"""The end of a reply whose connection ends there."""


def by_side(**replies: bytes) -> Answer:
    """Answer by the side that is asked; one that is not named answers 500."""
    return lambda arrival: replies.get(arrival.side, error(500, "UNEXPECTED_ERROR"))


@contextlib.contextmanager
def gateway(
    origin: str, *, route: RouteWord = RouteWord.AUTO, now: datetime | Callable[[], float] = AFTER, **options: Any
) -> Iterator[Gateway]:
    """Run a gateway whose clock says ``now``."""
    clock = now if callable(now) else now.timestamp
    made = Options(upstream=origin, route=route, listen=LOOPBACK, admin=None, drain=2.0, **options)
    with serve_in_thread(made, clock=clock) as served:
        yield served


@contextlib.contextmanager
def caller(served: Gateway, **options: Any) -> Iterator[httpx.Client]:
    """Return a plain HTTP client of a gateway."""
    with httpx.Client(base_url=served.url, trust_env=False, timeout=30, **options) as client:
        yield client


VERSIONS = ("v1.0", "v2")
KINDS = {"v1.0": "application/json", "v2": "application/vnd.atlas.2023-01-01+json;charset=utf-8"}
"""The content type of a success by interface."""


def environment_without_shim(environ: dict[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which no setting of the shim is made."""
    return {key: value for key, value in (environ or os.environ).items() if not key.startswith("ATLAS_SHIM_")}
