"""A call as shell: curl, and jq where pages are to be put together or values to be what they were before."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from shim.cli.code_samples import NextCall, Source
from shim.cli.samples.dialects import counting, filled, function_of, inner_resources, taken, tree_of, values_of
from shim.cli.samples.jq_terms import GROUPS, KNOWN, Jq, path_of
from shim.cli.samples.names import PRIVATE, PUBLIC, TOKEN, parameters, pieces, variable
from shim.core.query import MOST
from shim.core.verbs import reads_bare
from shim.documents.model import BARE, Resource

_WIDTH = 100
"""Columns of a list of names."""

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
    if source.operation.shape != "one" and not source.target.bare:
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
    resource, tier = source.operation.resource, source.tier
    dialect = Jq(counting(resource, tier))
    if not (resource.rest or values_of(resource, tier, dialect)):
        return ""
    given = "".join(f' --arg {variable(name)} "${variable(name)}"' for name, _ in parameters(source))
    functions = [
        f"def {function_of(one)}{'($count)' if one.name in dialect.counts else ''}: {_made(one, tier, dialect, '')};"
        for one in inner_resources(resource, tier)
    ]
    program = _made(resource, tier, dialect, "  ")
    slurped = ""
    if source.operation.shape != "one":
        slurped = "" if source.target.bare else " --slurp"
        items = ".[]" if source.target.bare else f".[]{path_of(source.target.items)}[]"
        program = f"[{items} |\n  {program}{' | values' if resource.bare else ''}\n]{_sort(source.operation.order)}"
    told = "\n".join([*functions, program])
    helping = [KNOWN] * ("| known" in told) + [GROUPS] * ("groups(" in told)
    return f"jq{slurped}{given} {shlex.quote(chr(10).join([*helping, told]))}"


def _sort(order: Sequence[str]) -> str:
    """Return the sorting that the retired call did; an item without the field counts as the newest."""
    if not order:
        return ""
    keys = ", ".join(f".{key.removeprefix('-')} == null, .{key.removeprefix('-')}" for key in order)
    return f" | sort_by({keys})" + (" | reverse" if all(key.startswith("-") for key in order) else "")


def _made(resource: Resource, tier: str, dialect: Jq, indent: str) -> str:
    """Return what makes an object of a resource what it was."""
    pairs = values_of(resource, tier, dialect)
    wrapped = f'if type == "object" then . else {{{BARE}: .}} end | ' if reads_bare(resource, tier) else ""
    if resource.bare:
        return wrapped + dict(pairs)[BARE]
    made = _object(tree_of(pairs), indent) if pairs else ""
    if resource.rest:
        passed = [path_of(name) + ("?" if "." in name else "") for name in taken(resource, tier)]
        lines = filled(passed, _WIDTH)
        rest = f"del({f'{chr(10)}{indent}  '.join(lines)})" if passed else "."
        made = f"{rest} * {made}" if made else rest
    return wrapped + made


def _object(tree: Mapping[str, Any], indent: str) -> str:
    inner = f"{indent}  "
    members = (
        f"{inner}{json.dumps(name)}: {_object(value, inner) if isinstance(value, Mapping) else value}"
        for name, value in tree.items()
    )
    return "({\n" + ",\n".join(members) + f"\n{indent}}} | known)"
