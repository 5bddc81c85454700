"""A call as shell: curl, and jq where pages are to be put together or values to be what they were before."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from shim.cli.code_samples import NextCall, Source
from shim.cli.samples.dialects import Jq, expression, tree_of
from shim.cli.samples.names import PRIVATE, PUBLIC, TOKEN, parameters, pieces, variable
from shim.core.query import MOST

_SIGNED = {
    "digest": f'--digest --user "${PUBLIC}:${PRIVATE}"',
    "bearer": f'--header "Authorization: Bearer ${TOKEN}"',
}


def shell_code(call: NextCall, source: Source, auth: str) -> str:
    """Return commands for a POSIX shell that print what the retired call answered: a list's items, or one object."""
    values = [f"{variable(name)}={shlex.quote(text)}" for name, text in parameters(source)]
    url = "".join(f"${{{variable(text)}}}" if named else _in_quotes(text) for text, named in pieces(source))
    query = "&".join(source.query.foreign)
    filtered = _filter(source)
    if source.operation.shape == "page":
        asked = f"itemsPerPage={MOST}&pageNum=$page" + (f"&{_in_quotes(query)}" if query else "")
        lines = [
            "page=1",
            "pages=$(while :; do",
            f"  answer=$({_curl(call, auth, f'$url?{asked}', '    ')}) || exit",
            "  printf '%s\\n' \"$answer\"",
            "  printf '%s' \"$answer\" | jq --exit-status '.links | any(.rel == \"next\")' > /dev/null || exit 0",
            "  page=$((page + 1))",
            f"done) && printf '%s' \"$pages\" | {filtered}",
        ]
    else:
        asked = f"$url?{_in_quotes(query)}" if query else "$url"
        curl = _curl(call, auth, asked, "  ")
        lines = [f"answer=$({curl}) && printf '%s' \"$answer\" | {filtered}" if filtered else curl]
    return "\n".join([*values, f'url="{url}"', *lines])


def _curl(call: NextCall, auth: str, url: str, indent: str) -> str:
    lines = [
        f"curl --fail --silent --show-error --request {call.method} {_SIGNED[auth]}",
        f"--header {shlex.quote(f'Accept: {call.accept}')}",
    ]
    if call.body is not None:
        lines.append(f"--header {shlex.quote(f'Content-Type: {call.accept}')}")
        lines.append(f"--data {shlex.quote(json.dumps(call.body))}")
    return f" \\\n{indent}".join([*lines, f'"{url}"'])


def _in_quotes(text: str) -> str:
    return "".join(f"\\{one}" if one in '$`"\\' else one for one in text)


def _filter(source: Source) -> str:
    """Return the jq command that makes items what they were; empty where answers have nothing in them."""
    dialect = Jq()
    pairs = [(one.name, value) for one in source.operation.fields if (value := expression(one, source.tier, dialect))]
    if not pairs:
        return ""
    given = "".join(f' --arg {variable(name)} "${variable(name)}"' for name, _ in parameters(source))
    item = _object(tree_of(pairs), "  ")
    known = 'walk(if type == "object" then with_entries(select(.value != null)) else . end)'
    if source.operation.shape != "page":
        return f"jq{given} {shlex.quote(f'{item} | {known}')}"
    order = source.operation.order
    sort = ""
    if order:  # an item without the field counts as the newest
        keys = ", ".join(f".{key.removeprefix('-')} == null, .{key.removeprefix('-')}" for key in order)
        sort = f" | sort_by({keys})" + (" | reverse" if all(key.startswith("-") for key in order) else "")
    program = f"[.[].{source.target.items}[] |\n  {item}\n]{sort} | {known}"
    return f"jq --slurp{given} {shlex.quote(program)}"


def _object(tree: Mapping[str, Any], indent: str) -> str:
    inner = f"{indent}  "
    members = (
        f"{inner}{json.dumps(name)}: {_object(value, inner) if isinstance(value, Mapping) else value}"
        for name, value in tree.items()
    )
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"
