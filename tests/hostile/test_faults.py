"""Every fault of an upstream with every kind of call: the results are those of the tables in ``faults.md``."""

import contextlib
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from shim.gateway.server import Gateway
from tests.hostile.calls import CALLS
from tests.hostile.faults import BODY_LIMIT, CATALOG, Fault, Stage, staged
from tests.peers.raw import until
from tests.peers.served import calling, gateway, lines_of, status_of, value_of

PAGE = Path(__file__).with_name("faults.md").read_text("utf-8")
FAULTS = [fault for faults in CATALOG.values() for fault in faults]
JULY = datetime(2026, 7, 1, tzinfo=UTC)
"""A time after the backups' sunset."""

FRAMING = {"transfer-encoding", "connection", "upgrade", "content-length"}


@attrs.frozen
class Seen:
    """What the caller received, its Proxy-Status without the details, and the number of upstream requests."""

    got: str
    proxy_status: str
    asked: int


@contextlib.contextmanager
def gateway_for(stage: Stage) -> Iterator[Gateway]:
    """Run a gateway in front of a stage, with short timeouts if upstream hangs."""
    short: dict[str, Any] = (
        {"deadline": 2.0, "upstream_timeout": 2.0}
        if stage.fault.end in {"hang", "drip"}
        else {}
    )
    with tempfile.NamedTemporaryFile() as file, pytest.MonkeyPatch.context() as patch:
        if stage.fault.tls:
            stage.authority.cert_pem.write_to_path(file.name)
            patch.setenv("SSL_CERT_FILE", file.name)
        with gateway(stage.origin, now=JULY, body_limit=BODY_LIMIT, **short) as served:
            yield served


def observe(stage: Stage, served: Gateway, name: str) -> tuple[str, str]:
    """Make one call and return its result and Proxy-Status."""
    with calling(served) as peer:
        peer.send(CALLS[name])
        try:
            head = peer.take(b"\r\n\r\n")
        except AssertionError:
            return "the connection is cut", ""
        stage.head_of(name).set()
        peer.seen = head + peer.seen
        try:
            head, content = peer.message()
        except (AssertionError, ValueError):
            return f"{status_of(head)}, then the connection is cut", ""
        said = (
            (value_of(head, "Proxy-Status") or "")
            .removeprefix("atlas-shim; ")
            .partition("; details=")[0]
        )
        return said_of(stage.fault, name, head, content), said


def said_of(fault: Fault, name: str, head: bytes, content: bytes) -> str:
    """Describe a reply in words."""
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
    lost = [line for line in sent if line[0] not in FRAMING and line not in kept]
    if content == fault.content and not lost:
        return f"{status}, as it came"
    return f"{status}, changed: {lost} {content[:200]!r}"


def outcomes(fault: Fault) -> dict[str, Seen]:
    """Play a fault to every call at once, and return their outcomes; the next call must then succeed."""
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
            # A reused connection may be closing just now; the caller may repeat a
            # dropped call.
            until(
                lambda: observe(stage, served, "retired GET")[0] == "200, translated",
                "the gateway recovers",
            )
        asked = list(stage.asked)
    return {
        name: Seen(*got.get(name, ("nothing", "")), asked.count(name)) for name in CALLS
    }


def rows(fault: Fault, seen: dict[str, Seen]) -> list[str]:
    """Return a fault's lines of the table; calls with the same outcome share one line."""
    groups: dict[Seen, list[str]] = {}
    for name, one in seen.items():
        groups.setdefault(one, []).append(name)
    lines = []
    for one, names in groups.items():
        if one.proxy_status:
            said = f"`{one.proxy_status}`"
        else:
            said = ""
        lines.append(
            f"| {fault.name} | {calls(names)} | {one.got} | {said} | {one.asked} |"
        )
    return lines


def calls(names: list[str]) -> str:
    """Return the names of calls, shortened if the list is complete."""
    passed = [name for name in CALLS if not name.startswith("retired")]
    if names == list(CALLS):
        return "all"
    if names[: len(passed)] == passed:
        names = ["passed", *names[len(passed) :]]
    if names[-2:] == ["retired GET", "retired POST"]:
        names = [*names[:-2], "retired"]
    return ", ".join(names)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_has_its_documented_outcome(fault):
    """Each call sends one upstream request at most, and none of them counts as a defect."""
    seen = outcomes(fault)
    assert seen.keys() == CALLS.keys()
    for name, one in seen.items():
        assert one.asked <= 1, name
        assert not one.got.startswith("500 SHIM"), name
        assert "changed" not in one.got, name
        assert bool(one.proxy_status) == ("SHIM_" in one.got), name
    assert rows(fault, seen) == [
        line for line in PAGE.splitlines() if line.startswith(f"| {fault.name} | ")
    ]


def test_the_tables_list_every_fault():
    """Each section has the faults of its part of the catalog, in the same order, and no others."""
    for section, faults in CATALOG.items():
        table = PAGE.partition(f"## {section}\n\n")[2].partition("\n\n")[0]
        names = dict.fromkeys(re.findall(r"^\| (.+?) \| ", table, re.MULTILINE))
        assert list(names) == ["fault", *(fault.name for fault in faults)]
