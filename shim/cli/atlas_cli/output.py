"""Print a reply: as a table or sentence, as JSON, or the part at a JSONPath.

The CLI printed the members of its SDK's structs, which the shim's models have, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shim.atlas.convert import Model, members
from shim.cli.atlas_cli.commands import CliCommand
from shim.cli.atlas_cli.flags import CliError
from shim.cli.output import harmless
from shim.extras import hinted

# The last SDK (atlas-sdk-go v20250312) lacked them.
_UNKNOWN = frozenset({"nextBackupDate", "tenantBackupEnabled"})

_REQUIRED: dict[str, Any] = {
    **dict.fromkeys(
        ("backingProviderName", "deliveryType", "key", "regionName", "value"), ""
    ),
    **dict.fromkeys(("targetClusterName", "targetGroupId"), ""),
    "results": None,
}
"""Member to the value that the CLI printed if Atlas did not send it."""


def printer(
    command: CliCommand, output: str, instance: str = ""
) -> Callable[[Model], str]:
    """Return a function from a reply to the CLI's text.

    ``output`` is the value of ``--output``; unknown formats print the default, as in
    the CLI. ``instance`` is the one that the command named. Raises CliError on a format
    that can't be printed, before the command calls Atlas.
    """
    kind, sign, argument = output.partition("=")
    if output == "json":
        return lambda reply: _marshal(known(reply))
    if kind == "json-path" and sign:
        select = selector(argument)
        return lambda reply: _marshal(select(known(reply)))
    if kind in {"go-template", "go-template-file"} and sign:
        raise CliError(
            "atlas-shim prints no Go templates; use the same command with: -o json | jq -r '…'"
        )
    answer = command.answer
    if isinstance(answer, str):
        return lambda reply: answer.format_map(
            {"id": "<nil>", "instanceName": instance, **known(reply)}
        )
    return lambda reply: _table(answer, known(reply))


def selector(path: str) -> Callable[[Any], Any]:
    """Return a function from JSON to the values at a path; both raise CliError.

    A path that can match only one value returns that value, any other a list.
    """
    try:
        from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise CliError(str(hinted(error))) from None
    if not path:
        raise CliError("empty jsonpath")
    try:
        query = JSONPathEnvironment().compile(path)
    except JSONPathError as error:
        why = str(error).partition("\n")[0]
        raise CliError(
            f"json-path {path!r}: {why}; jq reads more: -o json | jq -r '…'"
        ) from None
    single = isinstance(query, JSONPath) and query.singular_query()

    def select(value: Any) -> Any:
        found = query.findall(value)
        if single and not found:
            raise CliError(
                f"unknown key or index: json-path {path!r} leads to nothing in this reply"
            )
        return found[0] if single else found

    return select


def known(model: Model) -> dict[str, Any]:
    """Return a reply as the CLI's JSON: only known members, sorted, with Go's times.

    Raises CliError if a member has the wrong type.
    """
    fields = {name: attribute for name, (attribute, _) in members(type(model)).items()}
    out = {}
    for name in sorted(fields.keys() - _UNKNOWN):
        raw = model.raw.get(name)
        if raw is not None:
            out[name] = _plain(name, getattr(model, fields[name]), raw)
        elif name in _REQUIRED:
            out[name] = _REQUIRED[name]
    return out


def _plain(name: str, value: object, raw: Any) -> Any:
    """Return a member as JSON; ``value`` is the model's, ``raw`` is Atlas's."""
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)  # The CLI read integers only.
    if value is None:
        raise CliError(f"json: cannot unmarshal {raw!r} into {name}")
    if isinstance(value, Model):
        return known(value)
    if isinstance(value, tuple):
        return [_plain(name, item, item) for item in value]
    if isinstance(value, datetime):
        when = datetime.fromisoformat(raw)
        text = f"{when:%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".")
        return text + (when.isoformat()[-6:] if when.utcoffset() else "Z")
    return raw


def _marshal(value: Any) -> str:
    """Return JSON and a newline as Go's ``json.MarshalIndent`` writes it.

    A level has two spaces, and ``<>&`` are escaped.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # In JSON these characters occur only in strings.
    escaped = re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)
    return f"{harmless(escaped)}\n"


def _table(columns: Mapping[str, str], reply: Mapping[str, Any]) -> str:
    """Return a table of a page's results or of one resource.

    ``columns`` are headings, each with its member. Cells are aligned as by Go's
    text/tabwriter in the CLI: at least 6 characters wide, 3 apart, the last not padded.
    """
    if "results" in reply:
        resources = reply["results"] or []
    else:
        resources = [reply]
    rows: list[Sequence[str]] = [list(columns)]
    for resource in resources:
        rows.append([_cell(name, resource.get(name)) for name in columns.values()])
    widths = []
    for column in zip(*rows, strict=True):
        widths.append(max(6, *(len(cell) + 3 for cell in column)))
    widths[-1] = 0
    return "".join("".join(map(str.ljust, row, widths)) + "\n" for row in rows)


def _cell(name: str, value: Any) -> str:
    if name == "deliveryUrl":
        return "; ".join(value or ())
    if value is not None and name in {"createdAt", "expiresAt"}:
        # As Go prints a time: 2026-08-02 17:05:37.5 +0000 UTC
        when = datetime.fromisoformat(value)
        clock = f"{when:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".")
        zone = f"{when:%z}"
        return f"{clock} {zone} {zone if when.utcoffset() else 'UTC'}"
    return "<nil>" if value is None else str(value)
