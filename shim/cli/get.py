"""``atlas-shim get`` and ``post``: make one call of any operation, and print its answer and the shim's record."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

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

ENDING = """Credentials come from MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or
MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or MONGODB_ATLAS_ACCESS_TOKEN; each also as
..._FILE. MONGODB_ATLAS_BASE_URL is the Atlas to ask.

Exit codes: 0 success; 1 Atlas answered with an error; 2 bad usage or settings; 3 network."""

_OPTIONS = (
    click.Option(["--version"], metavar="DATE", help="Ask for this API version. Default: the retired one."),
    click.Option(["--record", "with_record"], is_flag=True, help="Write the record to stderr, as JSON on one line."),
)


@click.command(epilog=ENDING, params=[*_OPTIONS])
@click.argument("path")
def command(*, path: str, version: str | None, with_record: bool) -> None:
    """Call any operation, retired or not, and print the answer.

    PATH is a request target, such as /api/atlas/v2/groups/GROUP/serverless/NAME/backup/snapshots, or a
    URL of the configured Atlas. A retired call is answered as in a program, by all mapping documents
    (also those in ATLAS_SHIM_MAPPINGS); any other call is passed on unchanged.
    """
    _call("GET", path, None, version, with_record=with_record)


@click.command(epilog=ENDING, params=[*_OPTIONS])
@click.argument("path")
@click.argument("body", required=False)
def post(*, path: str, body: str | None, version: str | None, with_record: bool) -> None:
    """Call any operation, retired or not, and print the answer.

    PATH is as for "get". BODY is JSON, @FILE or - for standard input. A restore overwrites the data of
    its target cluster without a question. The call is sent once and never repeated: after a network
    error, check whether it was executed.
    """
    content = None
    try:
        if body is not None:
            content = sys.stdin.buffer.read() if body == "-" else body.encode()
            content = Path(body[1:]).read_bytes() if body.startswith("@") else content
            loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise click.BadParameter(f"{error}; give JSON, @FILE or -", param_hint="BODY") from None
    _call("POST", path, content, version, with_record=with_record)


def target_of(path: str, base_url: str) -> str:
    """Return the request target of a path, or of a URL of that Atlas; raises BadParameter on anything else."""
    target = path.removeprefix(base_url)
    if not target.startswith("/"):
        said = f"start it with / or {base_url}/; for another Atlas set MONGODB_ATLAS_BASE_URL"
        raise click.BadParameter(said, param_hint="PATH")
    return target


def _call(method: str, path: str, content: bytes | None, version: str | None, *, with_record: bool) -> None:
    """Make the call once, through the shim, and write its answer: JSON indented, other content as it came.

    Raises BadParameter on a malformed PATH or one of another Atlas, and AtlasError if the answer is an error.
    """
    base_url, auth = configure(base_url=None, parts={}, environ=os.environ, http_client=None)
    target = target_of(path, base_url)
    match = shared_engine(os.environ).recognise(method, target, ())
    media_type = match.content_type.partition(";")[0] if match else "application/json"
    if version:
        media_type = f"application/vnd.atlas.{version}+json"
    headers = {"User-Agent": f"{COMMANDS}{__version__}", "Accept": media_type}
    if content is not None:
        headers["Content-Type"] = media_type
    os.environ.pop(VARIABLE, None)  # Calls of this command need no warning: it is not a program to change.
    with Client(auth=auth, timeout=TIMEOUT, headers=headers) as http:
        recognise_also(http, base_url)
        try:
            response = http.request(method, base_url + target, content=content)
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
