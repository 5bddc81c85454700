"""``atlas-shim status``: what the page of the admin listener says, in a terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from shim.cli import output
from shim.cli.admin_listener import admin_address, admin_options, ask
from shim.cli.failures import NO, Failure
from shim.cli.options import output_option
from shim.core.responses import SITE
from shim.gateway.board.instants import distance, spoken
from shim.gateway.board.reading import read_status
from shim.gateway.board.status import Status
from shim.gateway.board.words import (
    ORIGINS,
    SIDES,
    cause_of,
    mode_of,
    routes_in_force,
    sides,
    troubles,
    what_is_announced,
)
from shim.gateway.options import Address

PATH = "/status.json"

_COLOURS = {"called": "red", "quiet": "green", "unproven": "yellow"}


@click.command()
@admin_options
@click.option(
    "--watch",
    "every",
    type=click.FloatRange(min=0.1),
    is_flag=False,
    flag_value=2.0,
    metavar="[SECONDS]",
    help="Show it again and again, until Ctrl-C.  [2 seconds when left out]",
)
@output_option
def command(*, admin: str | None, timeout: float, config: Path | None, every: float | None, output: str) -> None:
    """Show what the gateway on this machine does, and whether the shim can go.

    The same as the page at / of its admin listener, which is found as "serve" finds it: --admin,
    ATLAS_SHIM_ADMIN, or the file. With --output json it is what /status.json says, with --watch
    one line each time.

    Example: atlas-shim status --watch

    Exit codes: 0 when it was shown; 1 when the gateway does not answer, or is no gateway; 2 for bad
    usage or settings.
    """
    address = admin_address(admin, config)
    show = _json if output == "json" else _text
    if every is None:
        show(_status(address, timeout), is_live=False)
        return
    try:
        while True:
            _again(lambda: show(_status(address, timeout), is_live=True))
            time.sleep(every)
    except KeyboardInterrupt:
        return


def _again(show: Callable[[], None]) -> None:
    """Show it once more; a gateway that does not answer may be there the next time."""
    try:
        show()
    except Failure as failure:
        _clear()
        click.secho(f"{failure.message}", fg="red", err=True)


def _clear() -> None:
    if sys.stdout.isatty():
        click.clear()


def _status(address: Address, timeout: float) -> bytes:
    status, content = ask(address, PATH, timeout)
    if status != 200:
        raise Failure(f"{address.authority}{PATH}: {status}; is it a gateway, and of this version?", NO)
    return content


def _read(content: bytes) -> Status:
    try:
        return read_status(json.loads(content))
    except ValueError as error:
        raise Failure(f"{PATH} can't be read: {output.printable(str(error))}", NO) from None


def _json(content: bytes, *, is_live: bool) -> None:
    _read(content)
    if is_live:
        click.echo(json.dumps(json.loads(content)))
    else:
        output.write_json(json.loads(content))


def _text(content: bytes, *, is_live: bool) -> None:
    status = _read(content)
    if is_live:
        _clear()
    silence = status.silence
    click.secho(output.printable(silence.sentence), fg=_COLOURS.get(silence.word), bold=True)
    output.bullets(map(output.printable, (*silence.doubts, *silence.ahead)))
    for trouble in troubles(status):
        click.secho(output.printable(trouble), fg="red")
    click.echo()
    output.facts((name, output.printable(value)) for name, value in mode_of(status))
    output.facts(
        (
            output.printable(f"Certificate for {SIDES.get(one.side, one.side)}"),
            output.printable(f"ends {distance(one.days_left)}, {spoken(one.not_after)}"),
        )
        for one in status.certificates
    )
    for title, columns, rows in _tables(status):
        if rows:
            output.heading(f"\n{title}")
            output.write_table(columns, rows)
    if any(one.code for one in status.errors):
        output.paragraph(f"What a code means: {SITE}reference/errors/", "")
    _settings(status)


def _tables(status: Status) -> list[tuple[str, list[str], list[list[str]]]]:
    routes = [
        [sunset.title, f"{sunset.sunset[:10]} ({distance(sunset.days_left)})", first, reason]
        for sunset, first, reason, _ in routes_in_force(status)
    ]
    announced = [
        [*what_is_announced(one), f"{one.method} {one.path}", one.version, str(one.calls), spoken(one.last)]
        for one in status.announced
    ]
    calls = [[one.operation, str(one.calls), str(one.failed), sides(one.routes)] for one in status.hour]
    errors = [
        [
            cause_of(one.code, one.status, one.cause),
            str(one.calls),
            ORIGINS.get(one.origin, one.origin),
            one.operation,
            spoken(one.last),
        ]
        for one in status.errors
    ]
    callers = [
        [f"{one.agent or 'no User-Agent'} from {one.peer}", str(one.calls), str(one.retired), spoken(one.last)]
        for one in status.callers
    ]
    fields = [[one.field, one.operation, one.level, str(one.answers)] for one in status.fields]
    return [
        ("Sunsets, and the route in force", ["DOCUMENT", "SUNSET", "ASKED FIRST", "WHY"], routes),
        (
            "The next sunsets in your traffic",
            ["SUNSET", "DEPRECATED", "OPERATION", "VERSION", "REPLIES", "LAST"],
            announced,
        ),
        ("Calls in the last hour", ["OPERATION", "CALLS", "FAILED", "ANSWERED BY"], calls),
        ("Errors since the start", ["CAUSE", "CALLS", "WHOSE", "OPERATION", "LAST"], errors),
        ("Callers since the start", ["CALLER", "CALLS", "RETIRED", "LAST"], callers),
        ("Fields that are not what they were", ["FIELD", "OF", "IS NOW", "ANSWERS"], fields),
    ]


def _settings(status: Status) -> None:
    reload = status.reload
    output.heading("\nSettings")
    click.echo(f"  In use since {output.printable(spoken(reload.good_since))}.")
    if reload.refused:
        click.echo(f"  Others were refused at {output.printable(spoken(reload.refused))}:")
        output.bullets(map(output.printable, reload.problems))
