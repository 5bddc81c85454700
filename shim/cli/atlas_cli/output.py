"""Printing a reply: the command's table or sentence, JSON, or the part of it that a JSONPath leads to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shim.atlas.convert import Model
from shim.cli.atlas_cli.commands import Command
from shim.cli.atlas_cli.errors import CliError
from shim.cli.atlas_cli.replies import go_time, known
from shim.extras import hinted


def printer(command: Command, output: str) -> Callable[[Model], str]:
    """Return a function from a reply to what the CLI printed of it.

    ``output`` is the value of ``--output``; a format that the CLI did not know printed what no format did. Raises
    CliError on a format that can't be printed, so that a command fails before it has called Atlas.
    """
    kind, sign, argument = output.partition("=")
    if output == "json":
        return lambda reply: marshal(known(reply))
    if kind == "json-path" and sign:
        try:
            from shim.cli.atlas_cli.json_path import selector  # noqa: PLC0415 - it needs an extra, and loads slowly
        except ModuleNotFoundError as error:
            raise CliError(str(hinted(error))) from None
        select = selector(argument)
        return lambda reply: marshal(select(known(reply)))
    if kind in {"go-template", "go-template-file"} and sign:
        raise CliError(f"atlas-shim prints no Go templates; use the same command with: {_jq(command, argument)}")
    answer = command.answer
    if isinstance(answer, str):
        return lambda reply: answer.format_map({"id": "<nil>", **known(reply)})
    return lambda reply: table(answer, known(reply))


def _jq(command: Command, template: str) -> str:
    """Return the words that print, with jq, the fields that a Go template names, or the id if it names none."""
    found = re.findall(r"(?<![\w)])\.(?:Get)?([A-Z]\w*)", template)
    names = [name[0].lower() + name[1:] for name in found if name not in {"Results", "Links", "TotalCount"}] or ["id"]
    fields = f".{names[0]}" if len(names) == 1 else '"' + " ".join(rf"\(.{name})" for name in names) + '"'
    return f"-o json | jq -r '{'.results[] | ' if command.path.endswith('list') else ''}{fields}'"


def marshal(value: Any) -> str:
    """Return JSON and a newline as Go's ``json.MarshalIndent`` writes it, two spaces a level, ``<>&`` escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # These stand in strings only, so that no look at the structure is needed.
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def table(columns: Mapping[str, str], reply: Mapping[str, Any]) -> str:
    """Return a table of a page's results or of one resource; ``columns`` are headings, each with its member.

    Cells are aligned as by Go's text/tabwriter in the CLI: 6 characters wide at least, 3 apart, the last as it is.
    """
    resources = (reply["results"] or []) if "results" in reply else [reply]
    rows: list[Sequence[str]] = [list(columns)]
    rows += ([_cell(name, resource.get(name)) for name in columns.values()] for resource in resources)
    widths = [max(6, *(len(cell) + 3 for cell in column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return "".join("".join(map(str.ljust, row, widths)) + "\n" for row in rows)


def _cell(name: str, value: Any) -> str:
    if name == "deliveryUrl":
        return "; ".join(value or ())
    if value is None:
        return "<nil>"
    return go_time(value) if name in {"createdAt", "expiresAt"} else str(value)
