"""Drive the core without a network: upstream is a function from a call to (status, fields, content)."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import attrs

from shim.core.exchange import exchange
from shim.core.messages import (
    Answer,
    Call,
    Headers,
    Outcome,
    PassThrough,
    Read,
    Reply,
    Send,
    advance,
)
from shim.core.recognize import Engine
from shim.core.route import Context, Memory
from shim.core.settings import Settings
from shim.documents import Document, load_documents, mapping_folders

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
SHIPPED = ROOT / "mappings"

ORIGIN = "https://cloud.mongodb.com"
BASE = "http://127.0.0.1:8480"
BEFORE = datetime(2026, 1, 21, tzinfo=UTC).timestamp()
AFTER = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
"""Days before and after the sunset of the backup endpoints on 2026-01-22."""

LIST = "/groups/g1/serverless/c1/backup/snapshots"
GET = f"{LIST}/6a6f78e0cab84da5c4476b25"
JOBS = "/groups/g1/serverless/c1/backup/restoreJobs"

Given = tuple[int, Headers, bytes]
Upstream = Callable[[Call], Given]

SNAPSHOT: dict[str, Any] = {
    "expiration": "2026-08-10T17:05:10Z", "finishTime": "2026-08-02T17:06:56Z", "id": "6a6f78e0cab84da5c4476b25",
    "mongoDBVersion": "8.0.29", "scheduledTime": "2026-08-02T17:05:10Z", "startTime": "2026-08-02T17:05:37Z",
    "status": "COMPLETED",
}  # fmt: skip
"""A recorded flex snapshot."""


@cache
def shipped_documents() -> tuple[Document, ...]:
    """Return the shipped documents, with those of surviving operations. Loading them takes a third of a second."""
    return load_documents(mapping_folders({}))


def answers(value: Any, status: int = 200, headers: Headers = ()) -> Given:
    """Return an upstream reply with a JSON document as content."""
    return (
        status,
        (("Content-Type", "application/json"), *headers),
        json.dumps(value).encode(),
    )


def refuses(status: int, code: str) -> Given:
    """Return a reply with an error in Atlas's format."""
    document = {
        "detail": "…",
        "error": status,
        "errorCode": code,
        "parameters": ["c1"],
        "reason": "…",
    }
    return answers(document, status, (("X-Error-Code", code),))


GONE = refuses(410, "VERSION_GONE")
NON_FLEX = refuses(400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API")
NO_ROUTE: Given = (404, (("Content-Type", "text/html"),), b"<html>Not Found</html>")


def snapshots(count, start=datetime(2026, 1, 1, tzinfo=UTC)):
    """Return a flex page. Flex sorts the oldest snapshot first."""
    return [
        SNAPSHOT
        | {
            "id": f"{number:024x}",
            "startTime": (start + timedelta(days=number)).isoformat(),
        }
        for number in range(count)
    ]


def pages_of(items, *, most=500, links=True, count=True):
    """Return an upstream that pages a list as Atlas does."""

    def upstream(call):
        query = parse_qs(call.query)
        number = int(query["pageNum"][0])
        size = min(int(query["itemsPerPage"][0]), most)
        cut = items[(number - 1) * size : number * size]
        document = {"results": cut}
        if links:
            rels = ["self"] + (["next"] if number * size < len(items) else [])
            document["links"] = [
                {"rel": rel, "href": f"http://elsewhere/{rel}"} for rel in rels
            ]
        if count:
            document["totalCount"] = len(items)
        return answers(document)

    return upstream


def linked(document, rel):
    """Return the target of the link with this relation, None without one."""
    hrefs = [link["href"] for link in document["links"] if link["rel"] == rel]
    assert len(hrefs) <= 1
    if hrefs:
        return hrefs[0].removeprefix(BASE)
    return None


@attrs.frozen
class Driven:
    """Describe how an exchange ended, and which commands the core gave on the way."""

    outcome: Outcome
    steps: tuple[Send | Read, ...]

    @property
    def sends(self) -> tuple[Send, ...]:
        """Return the calls in order."""
        return tuple(step for step in self.steps if isinstance(step, Send))

    @property
    def routes(self) -> tuple[str, ...]:
        """Return the side of each call: legacy or successor."""
        return tuple(send.route for send in self.sends)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the request targets in order."""
        return tuple(send.call.target for send in self.sends)

    @property
    def passed(self) -> bool:
        """Return whether the last upstream reply is passed through unchanged."""
        return isinstance(self.outcome, PassThrough)

    @property
    def reply(self) -> Reply:
        """Return the reply that the shim wrote."""
        assert isinstance(self.outcome, Answer)
        return self.outcome.reply

    @property
    def content(self) -> bytes:
        """Return the content of that reply."""
        assert self.reply.body is not None
        return self.reply.body

    @property
    def document(self) -> Any:
        """Return that content as decoded JSON."""
        return json.loads(self.content)


@attrs.define
class Clock:
    """A clock that moves only when a test moves it."""

    now: float = AFTER

    def __call__(self) -> float:
        """Return the current time of this clock."""
        return self.now


def drive(
    engine: Engine,
    target: str,
    upstream: Upstream | Sequence[Given],
    *,
    method: str = "GET",
    headers: Headers = (("Accept", "*/*"),),
    body: Any = None,
    settings: Settings | None = None,
    memory: Memory | None = None,
    clock: Callable[[], float] | float = AFTER,
    monotonic: Callable[[], float] | None = None,
    base: str = BASE,
    fault: str | None = None,
    codec: dict[str, Any] | None = None,
) -> Driven:
    """Run one exchange to its end.

    A body is bytes or a JSON value. With ``fault`` every read of content fails with
    that message.
    """
    if body is None or isinstance(body, bytes):
        content = body
    else:
        content = json.dumps(body).encode()
    match = engine.recognize(method, target, headers)
    assert match is not None, target
    now = clock if callable(clock) else Clock(clock)
    given_too = {"monotonic": monotonic or now, **(codec or {})}
    context = Context(
        settings or Settings(), memory or Memory(), now, base, **given_too
    )
    script = (iter(())) if callable(upstream) else (iter(upstream))
    asking = exchange(match, Call(method, ORIGIN, target, headers, content), context)
    steps = list[Send | Read]()
    reply = None
    given: Given = (0, (), b"")
    while isinstance(step := advance(asking, reply), Send | Read):
        steps.append(step)
        if isinstance(step, Send):
            if callable(upstream):
                given = upstream(step.call)
            else:
                given = next(script)
            reply = Reply(given[0], given[1])
        else:
            reply = Reply(
                given[0], given[1], given[2] if fault is None else None, fault
            )
    return Driven(step, tuple(steps))
