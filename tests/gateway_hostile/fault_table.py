"""What a caller gets under each fault, as a table: ``python -m tests.gateway_hostile.fault_table`` writes it anew.

Run it in the checkout; it replaces the tables in ``docs/reference/faults.md``, and the test of that page compares
with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs

from shim.gateway import Gateway, Options, serve_in_thread
from tests.gateway_hostile.faults import BODY_LIMIT, CATALOGUE, GROUP, Fault, Stage, staged
from tests.peers.raw import until
from tests.peers.served import LOOPBACK, calling, get, lines_of, status_of, value_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"
CLOCK = 1_782_900_000.0
"""An instant of July 2026: backups are retired."""

JOB = json.dumps(
    {
        "deliveryType": "automated",
        "snapshotId": "6b05c3c6f892dad018f3f094",
        "targetClusterName": "other",
        "targetGroupId": GROUP,
    }
)
USERS = f"/api/atlas/v2/groups/{GROUP}/databaseUsers"
BACKUP = f"/api/atlas/v2/groups/{GROUP}/serverless/orders/backup"
LINES = ("Accept: application/vnd.atlas.2023-01-01+json", "Accept-Encoding: gzip")


def call(method: str, target: str, content: str = "") -> bytes:
    """Return a request of an Atlas client."""
    length = (f"Content-Length: {len(content)}",) if content else ()
    return get(target, *LINES, *length, method=method) + content.encode()


CALLS = {
    "GET": call("GET", USERS),
    "POST": call("POST", USERS, JOB),
    "PUT": call("PUT", USERS, JOB),
    "DELETE": call("DELETE", USERS),
    "retired GET": call("GET", f"{BACKUP}/snapshots"),
    "retired POST": call("POST", f"{BACKUP}/restoreJobs", JOB),
}
"""Calls that pass through, and two that are translated."""

_FRAMING = {"transfer-encoding", "connection", "upgrade", "content-length"}


@attrs.frozen
class Seen:
    """What the caller got, its Proxy-Status without the details, and how often upstream was asked."""

    got: str
    proxy_status: str
    asked: int


@contextlib.contextmanager
def gateway_for(stage: Stage) -> Iterator[Gateway]:
    """Run a gateway before a stage, short of patience."""
    options = Options(
        listen=LOOPBACK,
        admin=None,
        upstream=stage.origin,
        connect_timeout=5.0,
        deadline=1.0,
        idle_timeout=1.5,
        body_limit=BODY_LIMIT,
        drain=5.0,
    )
    before = os.environ.get("SSL_CERT_FILE")
    with tempfile.NamedTemporaryFile() as file, contextlib.ExitStack() as stack:
        if stage.fault.tls:
            stage.authority.cert_pem.write_to_path(file.name)
            os.environ["SSL_CERT_FILE"] = file.name
        try:
            served = stack.enter_context(serve_in_thread(options, clock=lambda: CLOCK))
        finally:
            os.environ.pop("SSL_CERT_FILE", None)
            if before is not None:
                os.environ["SSL_CERT_FILE"] = before
        yield served


def observe(stage: Stage, served: Gateway, name: str) -> tuple[str, str]:
    """Make one call and return what came back, and its Proxy-Status."""
    with calling(served) as peer:
        peer.send(CALLS[name])
        try:
            head = peer.take(b"\r\n\r\n")
        except AssertionError:
            return "the connection is cut", ""
        stage.seen[name].set()
        peer.seen = head + peer.seen
        try:
            head, content = peer.message()
        except (AssertionError, ValueError):
            return f"{status_of(head)}, then the connection is cut", ""
        said = (value_of(head, "Proxy-Status") or "").removeprefix("atlas-shim; ").partition("; details=")[0]
        return said_of(stage.fault, name, head, content), said


def said_of(fault: Fault, name: str, head: bytes, content: bytes) -> str:
    """Return a reply in words."""
    status = status_of(head)
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(content)
        if type(document) is dict:
            code = document.get("errorCode")
            if type(code) is str and code.startswith("SHIM_"):
                return f"{status} {code}"
            if name.startswith("retired") and status == 200 and "links" in document:
                return f"{status}, translated"
    sent = lines_of(fault.message.rpartition(b"HTTP/1.1")[2].partition(b"\r\n\r\n")[0])
    kept = lines_of(head)
    lost = [line for line in sent if line[0] not in _FRAMING and line not in kept]
    if content == fault.content and not lost:
        return f"{status}, as it came"
    return f"{status}, changed: {lost} {content[:200]!r}"


def outcomes(fault: Fault) -> dict[str, Seen]:
    """Play a fault to every call, all at once, and return what became of each; the next call then has to succeed."""
    got: dict[str, tuple[str, str]] = {}
    with staged(fault) as stage, gateway_for(stage) as served:

        def one(name: str) -> None:
            got[name] = observe(stage, served, name)

        threads = [threading.Thread(target=one, args=(name,)) for name in CALLS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not (fault.origin or fault.tls):
            stage.healthy = True
            # A kept connection may be ending just now, and a dropped call is the caller's to repeat.
            until(lambda: observe(stage, served, "retired GET")[0] == "200, translated", "the gateway recovers")
        asked = list(stage.asked)
    return {name: Seen(*got.get(name, ("nothing", "")), asked.count(name)) for name in CALLS}


def rows(fault: Fault, seen: dict[str, Seen]) -> list[str]:
    """Return a fault's lines of the table; calls with the same outcome share one."""
    groups: dict[Seen, list[str]] = {}
    for name, one in seen.items():
        groups.setdefault(one, []).append(name)
    lines = []
    for one, names in groups.items():
        said = f"`{one.proxy_status}`" if one.proxy_status else ""
        lines.append(f"| {fault.name} | {calls(names)} | {one.got} | {said} | {one.asked} |")
    return lines


def calls(names: list[str]) -> str:
    """Return names of calls, shortened where nothing is left out."""
    passed = [name for name in CALLS if not name.startswith("retired")]
    if names == list(CALLS):
        return "all"
    if names[: len(passed)] == passed:
        names = ["passed", *names[len(passed) :]]
    if names[-2:] == ["retired GET", "retired POST"]:
        names = [*names[:-2], "retired"]
    return ", ".join(names)


HEADER = """| fault | calls | the caller gets | Proxy-Status | upstream asked |
|---|---|---|---|---|
"""


def table(section: str) -> str:
    """Return the table of one section."""
    lines = [line for fault in CATALOGUE[section] for line in rows(fault, outcomes(fault))]
    return HEADER + "\n".join(lines) + "\n"


def written(page: str, section: str) -> str:
    """Return the table of one section as the page has it."""
    return page.partition(f"## {section}\n\n")[2].partition("\n\n")[0] + "\n"


def main() -> None:
    """Write the tables of the page anew."""
    page = PAGE.read_text(encoding="utf-8")
    for section in CATALOGUE:
        page = page.replace(written(page, section), table(section), 1)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
