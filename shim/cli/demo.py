"""``atlas-shim demo`` makes the retired call without the shim and with it.

``fake-atlas`` runs the fake Atlas alone.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from typing import Any

import click
import httpx

from shim import fake
from shim.cli import output
from shim.cli.failures import NO, SETTINGS, ExitError
from shim.cli.successors import field_rules, write_fields
from shim.core.recognize import load_engine
from shim.core.settings import parse_instant
from shim.fake.server import FakeServer
from shim.gateway.log_writer import logged
from shim.gateway.option_values import Address, LogLevel, parse_address

PATH = f"/api/atlas/v1.0/groups/{fake.DEMO_GROUP}/serverless/{fake.DEMO_CLUSTER}/backup/snapshots"
MARGIN = "   "
ENDING = 'The header "Atlas-Shim" of every reply lists them. For calls of your own: fake-atlas, serve'


@click.command()
def command() -> None:
    """Show a retired call on this machine, without and with the shim.

    It starts a fake Atlas and the gateway on free ports of 127.0.0.1, makes the same
    retired call to both, and shows the changed fields of the response. Nothing leaves
    this machine, and none of your settings or credentials are used.

    Exit codes: 0 if both responses are as expected, otherwise 1.
    """
    from shim.gateway.options import Options  # noqa: PLC0415 - an extra, which the fake does not need
    from shim.gateway.run import serve_in_thread  # noqa: PLC0415 - an extra, which the fake does not need

    # This machine's proxy is for other hosts.
    os.environ.update(NO_PROXY="*", no_proxy="*")
    engine = load_engine({})
    with FakeServer(fake.FakeAtlas(clock=_present)) as atlas:
        options = Options(
            listen=Address("127.0.0.1", 0), admin=None, upstream=atlas.url
        )
        with serve_in_thread(options, engine, clock=_present, environ={}) as gateway:
            _show(atlas.url, gateway.url)
            operation = engine.named("listServerlessBackupSnapshots")
            assert operation is not None, "the shipped documents have it"
            output.heading(
                "\n3. Which fields have changed, now that a flex cluster answers\n"
            )
            write_fields([*field_rules(operation.successors["flex"].resource, "flex")])
            click.echo()
            output.paragraph(ENDING, MARGIN)


def _present() -> float:
    """Return the later of now and a day after the sunset.

    So the demo works even if the clock is wrong.
    """
    return max(time.time(), fake.BACKUP_SUNSET.timestamp() + 86400)


def _show(atlas: str, gateway: str) -> None:
    """Make both calls and show their answers; raises ExitError on unexpected ones."""
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
    output.heading(
        f"{MARGIN}{through} {reason}  {len(results)} snapshots, newest first; the first of them:"
    )
    for line in json.dumps(results[0] if results else page, indent=2).splitlines():
        click.echo(MARGIN + (line if len(line) <= 76 else f"{line[:73]}..."))
    if (status, through) != (410, 200):
        raise ExitError("the answers are not the expected ones (410, then 200)", NO)


def call(url: str) -> tuple[int, str, dict[str, Any]]:
    """Show a call as the documentation does, with curl, and make it.

    Returns status, reason phrase and JSON. Raises ExitError without a reply, or if it
    is not a JSON object.
    """
    click.echo(
        f"\n{MARGIN}curl --include --request GET \\\n{MARGIN}  {url} \\\n"
        f"{MARGIN}  --header 'Authorization: Bearer {fake.DEMO_TOKEN}'\n"
    )
    try:
        reply = httpx.get(
            url,
            headers={"Authorization": f"Bearer {fake.DEMO_TOKEN}"},
            timeout=30,
            trust_env=False,
        )
        return reply.status_code, reply.reason_phrase, dict(reply.json())
    except (httpx.HTTPError, TypeError, ValueError) as error:
        raise ExitError(f"the call failed: {error}", NO) from error


@click.command("fake-atlas")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:8482",
    help="Listen on this address.",
)
@click.option(
    "--today",
    metavar="DATE",
    help="Fix the fake's clock at this date. Default: it runs from now.",
)
def fake_atlas(listen: str, today: str | None) -> None:
    """Run only the fake Atlas.

    It has a flex cluster with 8 snapshots and a dedicated one, answers the legacy, flex
    and dedicated endpoints and sign-in as Atlas does, and keeps everything in memory.

    Exit codes: 0 after Ctrl-C or SIGTERM; 2 for bad usage or an address that can't be
    listened on.
    """
    address = parse_address(listen, "--listen")
    atlas = fake.FakeAtlas(
        today=None if today is None else parse_instant(today, name="--today")
    )
    server = FakeServer(atlas, host=address.host, port=address.port)
    with logged(LogLevel.INFO), suppress(KeyboardInterrupt):
        # it ends as on Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            server.start()
        except OSError as error:
            said = f"can't listen on {listen}: {(error.strerror or str(error)).lower()}"
            raise ExitError(
                f"{said}; choose another address with --listen", SETTINGS
            ) from error
        try:
            output.heading(f"The fake Atlas listens at {server.url} until Ctrl-C")
            if atlas.today >= atlas.sunset:
                gone = "have ended"
            else:
                gone = "still answer"
            date = f"{atlas.today:%Y-%m-%d}: the serverless backup endpoints {gone} (sunset {atlas.sunset:%Y-%m-%d})"
            clusters = f"{fake.DEMO_CLUSTER} (flex), {fake.DEMO_DEDICATED} (dedicated)"
            facts = {
                "date": date,
                "group": fake.DEMO_GROUP,
                "clusters": clusters,
                "token": fake.DEMO_TOKEN,
                "API key": f"{fake.DEMO_PUBLIC_KEY} {fake.DEMO_PRIVATE_KEY}",
                "account": f"{fake.DEMO_CLIENT_ID} {fake.DEMO_CLIENT_SECRET}",
            }
            output.facts(facts.items())
            while True:
                time.sleep(60)
        finally:
            server.stop()
