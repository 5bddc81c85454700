"""``atlas-shim get``: makes one read of any operation, and prints its answer and the shim's record."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import httpx

from shim._record import record
from shim._version import __version__
from shim.atlas.auth import configure
from shim.atlas.client import TIMEOUT
from shim.atlas.replies import error_of
from shim.cli import output
from shim.cli.failures import NO, ExitError
from shim.core.content import loads
from shim.core.recognise import shared_engine
from shim.doors.httpx_family.clients import recognise_also
from shim.httpx import Client
from shim.tools.inventory.writing import COMMANDS, VARIABLE


@click.command()
@click.argument("path")
@click.option("--version", metavar="DATE", help="Ask for this API version. Default: the retired one.")
@click.option("--record", "with_record", is_flag=True, help="Write the record to stderr, as JSON on one line.")
def command(*, path: str, version: str | None, with_record: bool) -> None:
    """Read any operation, retired or not, and print the answer.

    PATH is a request target, such as /api/atlas/v2/groups/GROUP/serverless/NAME/backup/snapshots, or a
    URL of the configured Atlas. A retired call is answered as in a program, by all mapping documents
    (also those in ATLAS_SHIM_MAPPINGS); any other call is passed on unchanged.

    Exit codes: 0 success; 1 Atlas answered with an error; 2 bad usage or settings; 3 network.
    """
    with reader() as (http, base_url):
        target = target_of(path, base_url)
        match = shared_engine(os.environ).recognise("GET", target, ())
        media_type = match.content_type.partition(";")[0] if match else "application/json"
        if version:
            media_type = f"application/vnd.atlas.{version}+json"
        try:
            response = http.get(base_url + target, headers={"Accept": media_type})
        except httpx.InvalidURL as error:
            raise click.BadParameter(str(error), param_hint="PATH") from None
    if with_record:
        click.echo(json.dumps(record(response), default=output.as_json), err=True)
    if not response.is_success:
        raise error_of(response)
    try:
        answer = loads(response.content) if response.content else None
    except (ValueError, RecursionError):
        if sys.stdout.isatty():
            raise ExitError("the answer is not JSON: redirect it into a file", NO) from None
        click.echo(response.content, nl=False)
    else:
        if response.content:
            output.write_json(answer)


@contextmanager
def reader() -> Iterator[tuple[Client, str]]:
    """Yield a client for the environment's Atlas, with its credentials, and the origin of that; no inventory counts it.

    Raises SettingsError on bad settings, and without credentials.
    """
    base_url, auth = configure(base_url=None, parts={}, environ=os.environ, http_client=None)
    os.environ.pop(VARIABLE, None)  # a command is not a program to change
    with Client(auth=auth, timeout=TIMEOUT, headers={"User-Agent": f"{COMMANDS}{__version__}"}) as http:
        recognise_also(http, base_url)
        yield http, base_url


def target_of(path: str, base_url: str) -> str:
    """Return the request target of a path, or of a URL of that Atlas; raises BadParameter on anything else."""
    target = path.removeprefix(base_url)
    if not target.startswith("/"):
        said = f"start it with / or {base_url}/; for another Atlas set MONGODB_ATLAS_BASE_URL"
        raise click.BadParameter(said, param_hint="PATH")
    return target
