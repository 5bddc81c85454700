"""``atlas-shim get`` and ``post``: make one call of any operation, and print its answer and the shim's record."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
import httpx

from shim._record import record
from shim._version import __version__
from shim.atlas.auth import configure
from shim.atlas.client import TIMEOUT
from shim.atlas.replies import error_of
from shim.cli import output
from shim.cli.failures import NO, Failure
from shim.cli.output import printable
from shim.core.content import loads
from shim.core.messages import Record
from shim.core.recognise import shared_engine
from shim.doors.httpx_family.clients import recognise_also
from shim.httpx import Client
from shim.tools import inventory

ENDING = """Credentials come from the environment: MONGODB_ATLAS_PUBLIC_API_KEY and
MONGODB_ATLAS_PRIVATE_API_KEY, or MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or
MONGODB_ATLAS_ACCESS_TOKEN; each also as ..._FILE. MONGODB_ATLAS_BASE_URL is the Atlas to ask.

Exit codes: 0 success; 1 Atlas answered with an error; 2 bad usage or settings; 3 network."""


_OPTIONS = (
    click.Option(["--version"], metavar="DATE", help="Ask for this API version. Default: the retired one."),
    click.Option(
        ["-o", "--output", "form"],
        type=click.Choice(["json", "table"]),
        default="json",
        help="Print the answer as JSON, or as a table with its record on stderr.",
    ),
    click.Option(["--record", "with_record"], is_flag=True, help="Write the record to stderr, as JSON on one line."),
)


@click.command(epilog=ENDING, params=[*_OPTIONS])
@click.argument("path")
def command(*, path: str, version: str | None, form: str, with_record: bool) -> None:
    """Call any operation, retired or not, and print the answer.

    PATH is a request target, such as /api/atlas/v2/groups/GROUP/serverless/NAME/backup/snapshots, or a
    URL of the configured Atlas. A retired call is answered as in a program, by all mapping documents
    (also those in ATLAS_SHIM_MAPPINGS); any other call is passed on unchanged.
    """
    _answer(_send("GET", path, None, version), form, with_record=with_record)


@click.command(epilog=ENDING, params=[*_OPTIONS])
@click.argument("path")
@click.argument("body", required=False)
def post(*, path: str, body: str | None, version: str | None, form: str, with_record: bool) -> None:
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
    _answer(_send("POST", path, content, version), form, with_record=with_record)


def _send(method: str, path: str, content: bytes | None, version: str | None) -> httpx.Response:
    """Send the call once, through the shim; raises BadParameter on a malformed PATH or one of another Atlas."""
    settled = configure(base_url=None, parts={}, environ=os.environ, http_client=None)
    target = path.removeprefix(settled.base_url)
    if not target.startswith("/"):
        said = f"start it with / or {settled.base_url}/; for another Atlas set MONGODB_ATLAS_BASE_URL"
        raise click.BadParameter(said, param_hint="PATH")
    match = shared_engine(os.environ).recognise(method, target, ())
    media_type = match.content_type.partition(";")[0] if match else "application/json"
    if version:
        media_type = f"application/vnd.atlas.{version}+json"
    headers = {"User-Agent": f"{inventory.COMMANDS}{__version__}", "Accept": media_type}
    if content is not None:
        headers["Content-Type"] = media_type
    os.environ.pop(inventory.VARIABLE, None)  # Calls of this command need no warning: it is not a program to change.
    with Client(auth=settled.auth, timeout=TIMEOUT, headers=headers) as http:
        recognise_also(http, settled.base_url)
        try:
            return http.request(method, settled.base_url + target, content=content)
        except httpx.InvalidURL as error:
            raise click.BadParameter(str(error), param_hint="PATH") from None


def _answer(response: httpx.Response, form: str, *, with_record: bool) -> None:
    """Write JSON as ``form`` says, and other content unchanged into a file or a pipe; on stderr the record.

    Raises AtlasError if the answer is an error.
    """
    made = record(response)
    if with_record:
        click.echo(json.dumps(made, default=output.as_json), err=True)
    if not response.is_success:
        raise error_of(response)
    try:
        answer = loads(response.content or b"null")
    except (ValueError, RecursionError):
        if sys.stdout.isatty():
            raise Failure("the answer is not JSON: redirect it into a file", NO) from None
        click.echo(response.content, nl=False)
    else:
        if response.content:
            (_table if form == "table" else output.write_json)(answer)
    if form == "table" and not with_record:
        _explain(made)


def _table(answer: Any) -> None:
    """Write the scalar members of a list's items, or the members of one resource."""
    answer = answer if isinstance(answer, dict) else {"results": answer}
    items, total = answer.get("results"), answer.get("totalCount")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        output.write_table(("FIELD", "VALUE"), [(name, printable(answer[name])) for name in answer if name != "links"])
        return
    names = dict.fromkeys(
        name for item in items for name in item if item[name] is not None and not isinstance(item[name], dict | list)
    )
    output.write_table([*map(printable, names)], [[printable(item.get(name)) for name in names] for item in items])
    if isinstance(total, int) and total > len(items):
        click.echo(f"{len(items)} of {total}; pageNum and itemsPerPage in PATH choose others.", err=True)


def _explain(made: Record | None) -> None:
    """Write to stderr who answered, and which fields have changed and why."""
    if made is None:
        click.echo("This call is not retired: it was passed on unchanged.", err=True)
        return
    alike: dict[tuple[str, str], list[str]] = {}
    for field in made.fields:
        if field.fidelity not in {"exact", "renamed"}:
            alike.setdefault((field.fidelity, field.why), []).append(field.name)
    lines = [f"Answered by {'the shim itself' if made.route == 'none' else made.route}: {made.reason}."]
    lines += [f"{level}: {', '.join(names)}. {why}".rstrip() for (level, why), names in alike.items()]
    lines += [f"left out: {one.where}. {one.why}" for one in made.dropped]
    for line in (*lines, *made.notes):
        output.paragraph(printable(line), "  ", "", err=True)
