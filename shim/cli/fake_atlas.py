"""``atlas-shim fake-atlas``: the fake Atlas on a port of this machine."""

from __future__ import annotations

import signal
import threading

import click

from shim import fake
from shim.cli import output
from shim.cli.failures import SETTINGS, Failure
from shim.core.settings import parse_instant
from shim.fake.server import FakeServer
from shim.gateway.log_writer import logged
from shim.gateway.option_values import LogLevel, parse_address


@click.command()
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8482", help="Listen on this address.")
@click.option("--today", metavar="DATE", help="Fix the fake's clock at this date. Default: it runs from now.")
@click.option("--sunset", metavar="DATE", help="Answer 410 on backup endpoints from this date. Default: 2026-01-22.")
def command(listen: str, today: str | None, sunset: str | None) -> None:
    """Run the fake Atlas alone.

    It has a flex cluster with 8 snapshots and a dedicated one, answers the legacy, flex and
    dedicated endpoints and sign-in as Atlas does, and keeps everything in memory.

    Exit codes: 0 after Ctrl-C or SIGTERM; 2 for bad usage or an address that can't be listened on.
    """
    address = parse_address(listen, "--listen")
    atlas = fake.FakeAtlas(
        today=None if today is None else parse_instant(today, name="--today"),
        sunset=fake.BACKUP_SUNSET if sunset is None else parse_instant(sunset, name="--sunset"),
    )
    with logged(LogLevel.INFO):
        ended = on_signal()
        server = FakeServer(atlas, host=address.host, port=address.port)
        try:
            server.start()
        except OSError as error:
            said = f"can't listen on {listen}: {(error.strerror or str(error)).lower()}"
            raise Failure(f"{said}; choose another address with --listen", SETTINGS) from error
        try:
            output.heading(f"The fake Atlas listens at {server.url} until Ctrl-C")
            gone = "have ended" if atlas.today >= atlas.sunset else "still answer"
            date = f"{atlas.today:%Y-%m-%d}: the serverless backup endpoints {gone} (sunset {atlas.sunset:%Y-%m-%d})"
            output.facts(
                [
                    ("date", date),
                    ("group", fake.DEMO_GROUP),
                    ("clusters", f"{fake.DEMO_CLUSTER} (flex), {fake.DEMO_DEDICATED} (dedicated)"),
                    ("token", fake.DEMO_TOKEN),
                    ("API key", f"{fake.DEMO_PUBLIC_KEY} {fake.DEMO_PRIVATE_KEY}"),
                    ("account", f"{fake.DEMO_CLIENT_ID} {fake.DEMO_CLIENT_SECRET}"),
                ]
            )
            ended.wait()
        finally:
            server.stop()


def on_signal() -> threading.Event:
    """Return what is set by SIGINT or SIGTERM from now on."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
