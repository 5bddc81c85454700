"""``atlas-shim demo``: the retired call on this machine, without the shim and with it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

import click
import httpx

from shim.cli import output
from shim.cli.failures import NO, Failure
from shim.cli.fake_atlas import on_signal
from shim.cli.successors import FieldLine, field_lines
from shim.core.recognise import load_engine
from shim.documents.vocabulary import Fidelity
from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from shim.gateway import Options, serve_in_thread
from shim.gateway.option_values import Address

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
    os.environ.update(NO_PROXY="*", no_proxy="*")  # This machine's proxy is for other hosts.
    engine = load_engine({})
    with FakeServer(FakeAtlas(clock=_present)) as atlas:
        options = Options(listen=Address("127.0.0.1", 0), admin=None, upstream=atlas.url)
        ended = on_signal() if keep else None
        with serve_in_thread(options, engine, clock=_present, environ={}) as gateway:
            _show(atlas.url, gateway.url)
            operation = engine.named(OPERATION)
            assert operation is not None, "the shipped documents have it"
            _show_fields(field_lines(operation, "flex"))
            if ended is not None:
                output.heading("\nBoth keep running until Ctrl-C:")
                known = [("token", DEMO_TOKEN), ("group", DEMO_GROUP), ("cluster", DEMO_CLUSTER)]
                output.facts([("fake Atlas", atlas.url), ("gateway", gateway.url), *known], MARGIN)
                ended.wait()


def _present() -> float:
    """Return the later of now and a day after the sunset, so that the demo works if the clock is wrong."""
    return max(time.time(), BACKUP_SUNSET.timestamp() + 86400)


def _show(atlas: str, gateway: str) -> None:
    """Make both calls and show their answers; raises Failure if they are not as expected."""
    click.echo(
        "A fake Atlas and a gateway run on this machine for this demo. Python makes the\n"
        "calls that are shown for curl.\n"
    )
    output.heading("1. The call as the documentation of the serverless API shows it")
    status, reason, said = call(f"{atlas}{PATH}")
    output.heading(f"{MARGIN}{status} {reason}  {said.get('errorCode', '')}")
    output.paragraph(str(said.get("detail", "")), MARGIN)

    output.heading("\n2. The same call to the gateway in place of Atlas")
    through, reason, page = call(f"{gateway}{PATH}")
    results = page.get("results", [])
    output.heading(f"{MARGIN}{through} {reason}  {len(results)} snapshots, newest first; the first of them:")
    for line in json.dumps(results[0] if results else page, indent=2).splitlines():
        click.echo(MARGIN + (line if len(line) <= 76 else f"{line[:73]}..."))
    if (status, through) != (410, 200):
        raise Failure("the answers are not the expected ones (410, then 200)", NO)


def call(url: str) -> tuple[int, str, dict[str, Any]]:
    """Show a call as the documentation does, with curl, and make it; returns status, reason phrase and JSON.

    Raises Failure without a reply, and without a JSON object in it.
    """
    click.echo(
        f"\n{MARGIN}curl --include --request GET \\\n{MARGIN}  {url} \\\n"
        f"{MARGIN}  --header 'Authorization: Bearer {DEMO_TOKEN}'\n"
    )
    try:
        reply = httpx.get(url, headers={"Authorization": f"Bearer {DEMO_TOKEN}"}, timeout=30, trust_env=False)
        return reply.status_code, reply.reason_phrase, dict(reply.json())
    except (httpx.HTTPError, TypeError, ValueError) as error:
        raise Failure(f"the call failed: {error}", NO) from error


def _show_fields(lines: Sequence[FieldLine]) -> None:
    """Show which fields have changed, and why, from the mapping documents."""
    output.heading("\n3. Which fields have changed, now that a flex cluster answers")
    for level, meaning in (
        (Fidelity.DERIVED, "computed, or close to the old meaning"),
        (Fidelity.CONSTANT, "the same for every flex snapshot"),
        (Fidelity.ABSENT, "not known, so left out"),
    ):
        output.heading(f"\n{MARGIN}{level.value}: {meaning}")
        output.facts([(line.name, line.why) for line in lines if line.fidelity == level], "     ")
    same = [line.name for line in lines if line.fidelity in {Fidelity.EXACT, Fidelity.RENAMED}]
    for text in (
        f"Unchanged, some under another name: {', '.join(same)}.",
        'The header "Atlas-Shim" of every reply lists them. To try calls of your own: atlas-shim demo --serve',
    ):
        click.echo()
        output.paragraph(text, MARGIN)
