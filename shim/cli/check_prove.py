"""``atlas-shim check --prove``: reads through the shim, beside the successor's own answers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from shim._record import record
from shim._version import __version__
from shim.atlas.auth import configure
from shim.atlas.client import TIMEOUT
from shim.atlas.replies import error_of
from shim.cli import output
from shim.core.content import loads
from shim.core.messages import Record
from shim.core.recognise import Engine, shared_engine
from shim.doors.httpx_family.clients import recognise_also
from shim.doors.httpx_family.door import INNER
from shim.httpx import Client
from shim.tools.inventory.writing import COMMANDS, VARIABLE
from shim.tools.prove import MISSING, Beside, Proof, proof

_SHOWN = ("level", "source", "why", "wrong")
"""What a report has of each field beside its name: no value."""


def prove(paths: Sequence[str], form: str) -> None:
    """Make each read by the shim and by itself, and write both sides of each field.

    Nothing but GET is sent, to the environment's Atlas and with its credentials; no inventory counts it. JSON is a
    report to hand on: it has no values. Exits with 1 if a field is not what its document says.
    """
    reads, problems = list[Proof](), list[str]()
    base_url, auth = configure(base_url=None, parts={}, environ=os.environ, http_client=None)
    os.environ.pop(VARIABLE, None)  # a command is not a program to change
    with Client(auth=auth, timeout=TIMEOUT, headers={"User-Agent": f"{COMMANDS}{__version__}"}) as http:
        recognise_also(http, base_url)
        for path in paths:
            read = _read(http, shared_engine(os.environ), base_url, path.removeprefix(base_url))
            if isinstance(read, Proof):
                reads.append(read)
            else:
                problems.append(f"{path}: {read}")
    for read in reads:
        problems += [f"{read.match.operation.id}: {one}" for one in _problems(read)]
    report = {"version": __version__, "reads": [_without_values(read) for read in reads]}
    said = "Each field is what its document says."
    output.write_report(report, problems, form, lambda: _text(reads), said)


def _read(http: Client, engine: Engine, base_url: str, target: str) -> Proof | str:
    """Return what one path shows, or a sentence on why it shows nothing."""
    match = engine.recognise("GET", target.partition("?")[0], ())
    if match is None:
        return f"no mapping document has a GET of this path at {base_url}"
    answer = http.get(base_url + target, headers={"Accept": match.content_type.partition(";")[0]})
    happened = record(answer)
    if happened is None or happened.route in {"legacy", "none"}:
        why = happened.reason if happened else "the shim is switched off"
        return f"no successor answered ({why}); set ATLAS_SHIM_ROUTE=successor"
    if not answer.is_success:
        return f"{error_of(answer)}"
    own = dict[str, list[Any]]()
    for tier, url in _pages(happened):
        successor = match.operation.successors[tier].only
        assert successor is not None, "a read has one call on a tier"
        reply = http.get(base_url + url, headers={"Accept": successor.accept}, extensions={INNER: True})
        if not reply.is_success:
            return f"the successor's own answer is {error_of(reply)}"
        own.setdefault(tier, []).append(loads(reply.content))
    return proof(match, target, happened, loads(answer.content), own)


def _pages(happened: Record) -> list[tuple[str, str]]:
    """Return the tiers whose successes made an answer, with the targets of their pages."""
    good = [one for one in happened.sent if one.status == 200 and one.route != "legacy"]
    last = {one.route: urlsplit(one.target).path for one in good}
    return [(one.route, one.target) for one in good if urlsplit(one.target).path == last[one.route]]


def _by_name(fields: Sequence[Beside]) -> Iterator[tuple[Beside, int, list[Beside]]]:
    """Yield an example of each field, the number of its items, and those that are wrong."""
    for name in dict.fromkeys(one.name for one in fields):
        every = [one for one in fields if one.name == name]
        example = max(every, key=lambda one: (bool(one.wrong), one.old is not MISSING))
        yield example, len(every), [one for one in every if one.wrong]


def _problems(read: Proof) -> Iterator[str]:
    yield from read.problems
    for one in read.record.dropped:
        yield f"{one.where}: {output.printable(one.said)} was left out: {one.why}"
    for _, count, wrong in _by_name(read.fields):
        if wrong:
            yield f"{wrong[0].name}: {wrong[0].wrong} (in {len(wrong)} of {count})"


def _text(reads: Sequence[Proof]) -> None:
    for read in reads:
        output.heading(read.match.operation.id)
        output.paragraph(read.target)
        output.bullets(f"{one.method} {one.target}" for one in read.record.sent)
        rows = [("old field", "level", "old value", "<- new field", "new value")]
        for one, *_ in _by_name(read.fields):
            rows.append((one.name, one.level, output.shortened(one.old), one.source, output.shortened(one.new)))
        output.write_table(rows, "  ")
        whys = {one.name: one.why for one in read.fields if one.why and one.old is MISSING}
        output.bullets(f"{name}: {why}" for name, why in whys.items())


def _without_values(read: Proof) -> dict[str, Any]:
    return {
        "operation": read.match.operation.id,
        "api": read.match.api.name,
        "calls": len(read.record.sent),
        "fields": [
            {"field": one.name} | {name: getattr(one, name) for name in _SHOWN} | {"items": count}
            for one, count, _ in _by_name(read.fields)
        ],
        "problems": read.problems,
        "dropped": [{"where": one.where, "why": one.why} for one in read.record.dropped],
    }
