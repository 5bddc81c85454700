"""Describe what replaces a retired call: its requests, and each field of its answer.

The requests are curl commands, with their names in SDKs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote

import attrs

from shim.cli import output
from shim.cli.dry import DrySend
from shim.cli.examples import in_words
from shim.core.messages import Call
from shim.core.messages import field as line_of
from shim.credentials import used_variables
from shim.documents.fields import Resource
from shim.documents.lens import Lens
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.origins import DEFAULT_BASE_URL

_DIGEST = (
    '--digest --user "$MONGODB_ATLAS_PUBLIC_API_KEY:$MONGODB_ATLAS_PRIVATE_API_KEY"'
)
_BEARER = '--header "Authorization: Bearer $MONGODB_ATLAS_ACCESS_TOKEN"'
"""curl's options for credentials, which name variables and have no values."""

_NAMES = files("shim.cli").joinpath("names.txt").read_text("utf-8")
_ROWS = [row.split() for row in _NAMES.splitlines() if not row.startswith("#")]


def encoded(url: str) -> str:
    """Percent-encode what a URL can't have, such as the braces of ``{groupId}``."""
    return quote(url, safe="/%:@!$&'()*+,;=-._~?")


def readable(raw: str) -> str:
    """Undo ``encoded`` for the braces and brackets of placeholders."""
    return re.sub(r"%7B|%7D|%3C|%3E", lambda match: unquote(match[0]), raw)


def sdk_names(method: str, path: str) -> dict[str, str]:
    """Return the names of a call, by ``go``, ``cli`` and ``operationId``.

    ``path`` begins at the root, and has names or placeholders. Without known names the
    result is empty.
    """
    for of, template, tag, name, operation_id in _ROWS:
        pattern = f"groups/{{}}/{template}".replace("{}", "[^/]+")
        if of == method and re.fullmatch(f"/api/atlas/v2/{pattern}", path):
            go = f"{_capitalized(tag)}API.{_capitalized(name)}"
            return {
                "go": go,
                "cli": f"atlas api {tag} {name}",
                "operationId": operation_id,
            }
    return {}


def _capitalized(word: str) -> str:
    return word[0].upper() + word[1:]


def shown_call(
    send: DrySend, operation: Operation, old: Call, word: str, template: Any = None
) -> dict[str, Any]:
    """Return a request of an exchange, as people and programs read it.

    ``word`` is the word of the body that selects it. ``role`` is a ``look``, a
    ``write`` that is done first, or the ``answer``. ``url`` and ``target`` have their
    original ``{placeholders}``. ``body`` is a template of the content, or None if it is
    the old call's; ``template`` in it names old members if there are examples. ``curl``
    is the request as a command that signs with the environment's API key, else with a
    token. ``names`` come from ``sdk_names``.
    """
    call = send.send.call
    origin = old.origin or DEFAULT_BASE_URL
    accept = line_of(call.headers, "accept")
    target = readable(call.target)
    if any("PUBLIC_API_KEY" in name for name in used_variables(os.environ)):
        signing = _DIGEST
    else:
        signing = _BEARER
    lines = [f"curl -sS --request {call.method} {signing}"]
    if accept:
        lines.append(f"--header 'Accept: {accept}'")
    is_new = bool(call.body) and not _is_old(operation, send, old)
    if is_new:
        body = template or json.loads(call.body or b"null")
    else:
        body = None
    if call.body:
        kind = line_of(call.headers, "content-type") or "application/json"
        if body is None:
            data = "@body.json"
        else:
            data = shlex.quote(json.dumps(body))
        lines += [f"--header 'Content-Type: {kind}'", f"--data {data}"]
    url = origin + target
    lines.append(shlex.quote(url))
    return {
        "word": word,
        "role": send.role,
        "route": send.send.route,
        "method": call.method,
        "target": target,
        "accept": accept,
        "body": body,
        "url": url,
        "curl": " \\\n  ".join(lines),
        "names": sdk_names(call.method, call.path),
        "remarks": [*_remarks(operation, send, old)],
    }


def _is_old(operation: Operation, send: DrySend, old: Call) -> bool:
    """Return whether the content of a call is the old one, without rules for members."""
    own = operation.request is None or send.send.route == "legacy"
    return own and old.body is not None and send.send.call.body == old.body


def _remarks(operation: Operation, dry: DrySend, old: Call) -> Iterator[str]:
    call = dry.send.call
    tier = operation.successors.get(dry.send.route)
    if dry.goes_on and call.method == "GET":
        yield "Request the next page as long as the response has a link with rel=next."
    elif dry.goes_on:
        yield "Once for each item of the list, in order; stop at an error."
    is_look = dry.role == "look"
    if is_look:
        ends = "If it lacks a needed value, nothing more is sent"
    else:
        ends = "Instead of its response, the shim may return"
    yield from (f"{ends}: {error}" for error in dry.errors)
    if _is_old(operation, dry, old):
        kind = line_of(call.headers, "content-type")
        yield f"Its content is the old call's{f', with Content-Type: {kind}' if kind else ''}."
    if tier is not None and call.method != "GET":
        yield from (
            said
            for _, target in tier.targets()
            if target.lens
            for said in _lens_remarks(target.lens)
        )
    if operation.order and tier is not None:
        sources = {
            one.name: ", else ".join(one.rules[tier.tier][-1].sources)
            for one in operation.fields
        }
        ways = {True: "descending", False: "ascending"}
        named = [
            (key.removeprefix("-"), ways[key.startswith("-")])
            for key in operation.order
        ]
        keys = " then ".join(f"{sources[name] or name} ({way})" for name, way in named)
        yield f"The order is not the legacy one: sort by {keys}."
    yield from (
        note
        for note in dry.notes
        if tier is None or note not in {operation.note, tier.note}
    )


def _lens_remarks(lens: Lens) -> Iterator[str]:
    if lens.start is not None:
        yield f"Members that the old body leaves out come from {json.dumps(lens.start)}, in the old names."
    for name, place in lens.means.items():
        yield f"The old {name} has the value of {'.'.join(place).replace('.[', '[')}."


@attrs.frozen
class FieldSummary:
    """One rule of one field."""

    name: str
    fidelity: str
    """Its level."""
    sources: tuple[str, ...]
    """The successor's fields that it is computed from."""
    how: str
    """How the value is computed.

    Empty if it is the value of the field of the same name.
    """
    why: str
    when: str
    """Its condition in words; empty if it always applies."""

    @property
    def is_unchanged(self) -> bool:
        """Whether the field is unchanged in the answer."""
        if self.how or self.when or self.why:
            return False
        return self.fidelity == Fidelity.EXACT


def field_rules(
    resource: Resource, tier: str, outer: str = ""
) -> Iterator[FieldSummary]:
    """Yield a line for each rule of each field of an answer, in document order."""
    for field in resource.fields:
        name = f"{outer}{field.name}"
        for rule in field.rules[tier]:
            # a source with the field's own name is left out if it is the only one
            how = rule.verb.how
            made = how(field.name) and how("")
            yield FieldSummary(
                name,
                rule.fidelity.value,
                rule.sources,
                made,
                rule.why,
                in_words(rule.when),
            )
        levels = {rule.fidelity for rule in field.rules[tier]}
        if field.of is not None and levels - {Fidelity.ABSENT}:
            item = "[]" if field.type == "objects" else ""
            yield from field_rules(field.of, tier, f"{name}{item}.")
    if resource.rest:
        rest = "all other members unchanged"
        if resource.without:
            rest += f", but {', '.join(resource.without)}"
        yield FieldSummary(f"{outer}*", "exact", (), rest, "", "")


def write_fields(lines: Sequence[FieldSummary]) -> None:
    """Write the fields of one tier as text.

    The unchanged ones are on one line, every other has its reason.
    """
    same = [line.name for line in lines if line.is_unchanged]
    rows = []
    if same:
        rows.append((str(Fidelity.EXACT), ", ".join(same)))
    for line in lines:
        if line.name in same:
            continue
        text = line.name
        if made := line.how.removeprefix("from ") or ", else ".join(line.sources):
            text += f" <- {made}"
        if line.when:
            text += f" (when {line.when})"
        rows.append((line.fidelity, text))
        rows.append(("", line.why))
    for level, text in rows:
        output.paragraph(text, " " * 12, f"  {level:10}")


def no_successor(operation: Operation) -> str:
    """Return the alternative of an operation without a successor, or ''.

    It is empty if the operation always has one.
    """
    if operation.successors or not operation.without_successor:
        first = ""
    else:
        first = "There is no successor. "
    return first + operation.without_successor
