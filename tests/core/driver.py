"""Run the core without a network: upstream is a function from a call to (status, fields, content)."""

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
"""Days on both sides of the sunset of the backup endpoints, 2026-01-22."""

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
"""A flex snapshot as recorded."""


@cache
def shipped_documents() -> tuple[Document, ...]:
    """Return the shipped documents, those of what lives on too; reading them takes a third of a second."""
    return load_documents(mapping_folders({}))


def answers(value: Any, status: int = 200, headers: Headers = ()) -> Given:
    """Return what an upstream says with a JSON document."""
    return (
        status,
        (("Content-Type", "application/json"), *headers),
        json.dumps(value).encode(),
    )


def refuses(status: int, code: str) -> Given:
    """Return what Atlas says with an error."""
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
    """Flex lists the oldest first."""
    return [
        SNAPSHOT
        | {
            "id": f"{number:024x}",
            "startTime": (start + timedelta(days=number)).isoformat(),
        }
        for number in range(count)
    ]


def pages_of(items, *, most=500, links=True, count=True):
    """An upstream that cuts a list into pages as Atlas does."""

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
    """Return the target that a link leads to, None when there is no such link."""
    hrefs = [link["href"] for link in document["links"] if link["rel"] == rel]
    assert len(hrefs) <= 1
    if hrefs:
        return hrefs[0].removeprefix(BASE)
    return None


@attrs.frozen
class Driven:
    """How an exchange ended, and what the door was asked for meanwhile."""

    outcome: Outcome
    steps: tuple[Send | Read, ...]

    @property
    def sends(self) -> tuple[Send, ...]:
        """The calls, in order."""
        return tuple(step for step in self.steps if isinstance(step, Send))

    @property
    def routes(self) -> tuple[str, ...]:
        """The side that each call went to."""
        return tuple(send.route for send in self.sends)

    @property
    def targets(self) -> tuple[str, ...]:
        """The request targets, in order."""
        return tuple(send.call.target for send in self.sends)

    @property
    def passed(self) -> bool:
        """Whether the last native reply is handed back as it came."""
        return isinstance(self.outcome, PassThrough)

    @property
    def reply(self) -> Reply:
        """The reply that the shim made."""
        assert isinstance(self.outcome, Answer)
        return self.outcome.reply

    @property
    def content(self) -> bytes:
        """The content of that reply."""
        assert self.reply.body is not None
        return self.reply.body

    @property
    def document(self) -> Any:
        """The content, decoded."""
        return json.loads(self.content)


@attrs.define
class Clock:
    """A clock that stands still until it is moved."""

    now: float = AFTER

    def __call__(self) -> float:
        """Return the time it stands at."""
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
    """Run one exchange to its end; a body is bytes or JSON, ``fault`` is what every read says instead of content."""
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
