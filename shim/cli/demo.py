"""``atlas-shim demo``: the retired call on this machine, without the shim and with it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from shim.cli import output, retired_call
from shim.cli.failures import NO, Failure
from shim.cli.fields import field_lines
from shim.cli.log import until_signal
from shim.core.recognise import load_engine
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from shim.gateway import Gateway, Options
from shim.gateway.options import Address

PATH = f"/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
OPERATION = "listServerlessBackupSnapshots"
MARGIN = "   "


@click.command()
@click.option("--serve", "keep", is_flag=True, help="Keep the fake Atlas and the gateway running until Ctrl-C.")
def command(*, keep: bool) -> None:
    """Show a retired call on this machine, without and with the shim.

    Starts a fake Atlas and the gateway on free ports of 127.0.0.1, makes the same retired call
    to both, and shows which fields of the answer have changed. Nothing leaves this machine, and
    no setting or credential of yours is used.

    Exit codes: 0 when both answers are the expected ones (or, with --serve, after Ctrl-C or
    SIGTERM); else 1.
    """
    with _no_proxy():
        asyncio.run(_demo(keep=keep))


@contextmanager
def _no_proxy() -> Iterator[None]:
    """Keep calls to loopback out of the proxy that this machine uses for others."""
    names = ("NO_PROXY", "no_proxy")
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(dict.fromkeys(names, "*"))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
        os.environ.update(before)


def _present() -> float:
    """Return the later of now and a day after the sunset, so that the demo works if the clock is wrong."""
    return max(time.time(), BACKUP_SUNSET.timestamp() + 86400)


async def _demo(*, keep: bool) -> None:
    engine = load_engine({})
    operation = engine.named(OPERATION)
    assert operation is not None, "the shipped documents have it"
    with FakeServer(FakeAtlas(clock=_present)) as atlas:
        options = Options(listen=Address("127.0.0.1", 0), admin=None, upstream=atlas.url)
        gateway = Gateway(options, engine, clock=_present, environ={})  # nothing for an inventory to remember
        await gateway.start()
        try:
            await asyncio.to_thread(_show, atlas.url, gateway.url, operation)
            if keep:
                _addresses(atlas.url, gateway.url)
                await until_signal()
        finally:
            await gateway.stop()


def _show(atlas: str, gateway: str, operation: Operation) -> None:
    """Make both calls and show their answers; raises Failure if they are not as expected."""
    click.echo("A fake Atlas and a gateway run on this machine for this demo.\n")
    if not retired_call.has_curl():
        click.echo("(There is no curl here: Python's http.client makes the same calls.)\n")

    output.heading("1. The call as the documentation of the serverless API shows it")
    without = _call(f"{atlas}{PATH}")
    said = _json(without)
    _status(without, f"{said.get('errorCode', '')}")
    output.paragraph(str(said.get("detail", "")), MARGIN)

    output.heading("\n2. The same call to the gateway in place of Atlas")
    through = _call(f"{gateway}{PATH}")
    page = _json(through)
    results = page.get("results", [])
    _status(through, f"{len(results)} snapshots, newest first; the first of them:")
    for line in json.dumps(results[0] if results else page, indent=2).splitlines():
        click.echo(MARGIN + (line if len(line) <= 76 else f"{line[:73]}..."))

    if (without.status, through.status) != (410, 200):
        raise Failure("the answers are not the expected ones (410, then 200)", NO)
    _fidelity(operation)


def _call(url: str) -> retired_call.Got:
    click.echo()
    for line in retired_call.command_for(url, DEMO_TOKEN).splitlines():
        click.echo(f"{MARGIN}{line}")
    click.echo()
    return retired_call.make(url, DEMO_TOKEN)


def _status(got: retired_call.Got, remark: str) -> None:
    status = click.style(f"{got.status} {got.reason}", fg="green" if got.status < 400 else "red", bold=True)
    click.echo(f"{MARGIN}{status}  {output.printable(remark)}")


def _json(got: retired_call.Got) -> dict[str, Any]:
    try:
        value = json.loads(got.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Failure(f"{got.status} came without JSON", NO)
    return value


def _fidelity(operation: Operation) -> None:
    """Show which fields have changed, and why, from the mapping documents."""
    output.heading("\n3. Which fields have changed, now that a flex cluster answers")
    lines = field_lines(operation, "flex")
    for level, meaning in (
        (Fidelity.DERIVED, "computed, or close to the old meaning"),
        (Fidelity.CONSTANT, "the same for every flex snapshot"),
        (Fidelity.ABSENT, "not known, so left out"),
    ):
        chosen = [(line.name, line.why) for line in lines if line.fidelity == level]
        if chosen:
            click.echo(f"\n{MARGIN}{click.style(level.value, bold=True)}: {meaning}")
            output.facts(chosen, "     ")
    same = [line.name for line in lines if line.fidelity in {Fidelity.EXACT, Fidelity.RENAMED}]
    click.echo()
    output.paragraph(f"Unchanged, some under another name: {', '.join(same)}.", MARGIN)
    click.echo()
    output.paragraph('The header "Atlas-Shim" of every reply lists them (curl --include shows it).', MARGIN)
    output.paragraph("To try calls of your own: atlas-shim demo --serve", MARGIN)


def _addresses(atlas: str, gateway: str) -> None:
    output.heading("\nBoth keep running until Ctrl-C:")
    known = [("token", DEMO_TOKEN), ("group", DEMO_GROUP), ("cluster", DEMO_CLUSTER)]
    output.facts([("fake Atlas", atlas), ("gateway", gateway), *known], MARGIN)
