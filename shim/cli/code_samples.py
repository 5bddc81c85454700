"""The calls that replace a retired one, as curl and as httpx code, for the day when the shim is removed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import attrs

from shim.cli import output
from shim.core.query import MOST, LegacyQuery
from shim.documents.model import Field, Operation, RefusedChoice, Successor, Target, Verb

ORIGIN = "https://cloud.mongodb.com"
"""Where a call goes when nothing names its origin."""

PLAIN = LegacyQuery()
"""The query of a call that has none."""

TOKEN = "MONGODB_ATLAS_ACCESS_TOKEN"  # noqa: S105 - the name of a variable


@attrs.frozen
class NextCall:
    """One successor call. ``word`` is the word of the body that leads to it, empty when there is no choice.

    ``url`` keeps ``{placeholders}`` readable; ``body`` is a template of the content, None without one;
    ``remarks`` say what the call does not do by itself. When there is no call for this word, ``refused``
    has the reason, and the rest is empty.
    """

    word: str = ""
    method: str = ""
    url: str = ""
    accept: str = ""
    body: Mapping[str, Any] | None = None
    remarks: tuple[str, ...] = ()
    refused: str = ""

    def samples(self) -> dict[str, str]:
        """Return the call as code: a ``curl`` command and Python for ``httpx``; nothing for a refused one."""
        return {} if self.refused else {"curl": _curl(self), "httpx": _httpx(self)}


def placeholders_in(path: str) -> str:
    """Encode what a URL path can't hold, so that ``{groupId}`` can stand for a value."""
    return quote(path, safe="/%:@!$&'()*+,;=-._~")


def readable(raw: str) -> str:
    """Undo ``placeholders_in`` for the braces and brackets of placeholders."""
    return re.sub(r"%7B|%7D|%3C|%3E", lambda match: unquote(match[0]), raw)


def next_calls(
    operation: Operation, raw: Mapping[str, str], successor: Successor, origin: str = ORIGIN, query: LegacyQuery = PLAIN
) -> tuple[NextCall, ...]:
    """Return the calls on one tier: one, or one for each word of the body that chooses.

    ``raw`` has the path's parameters as they stand in the path.
    """
    choices = successor.choices if successor.only is None else {"": successor.only}
    return tuple(
        NextCall(word=word, refused=f"{target.error_code}: {target.detail}")
        if isinstance(target, RefusedChoice)
        else NextCall(
            word=word,
            method=target.method,
            url=f"{origin}{readable(target.path.build(raw))}{_query(operation, target, query)}",
            accept=f"application/vnd.atlas.{target.version}+json",
            body=_body(operation, target, word),
            remarks=_remarks(operation, successor.tier, target),
        )
        for word, target in choices.items()
    )


def _query(operation: Operation, target: Target, query: LegacyQuery) -> str:
    pairs = list(query.foreign)
    if operation.shape == "page":
        size, number = (MOST, 1) if target.paging == "collected" else (query.size, query.page)
        pairs += [f"itemsPerPage={size}", f"pageNum={number}"]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _remarks(operation: Operation, tier: str, target: Target) -> tuple[str, ...]:
    if operation.shape != "page" or target.paging != "collected":
        return ()
    remarks = ["Ask for the next page as long as the answer has a link with rel=next."]
    if operation.order:
        keys = " then ".join(_order_key(operation, tier, key) for key in operation.order)
        remarks.append(f"The order is not the legacy one: sort by {keys}.")
    return tuple(remarks)


def _order_key(operation: Operation, tier: str, key: str) -> str:
    name = key.removeprefix("-")
    field = next(field for field in operation.fields if field.name == name)
    sources = field.rules[tier][-1].sources or (name,)
    return f"{', else '.join(sources)} ({'descending' if key.startswith('-') else 'ascending'})"


def _body(operation: Operation, target: Target, word: str) -> Mapping[str, Any] | None:
    """Return a template of the content: each member that comes from the legacy body as a placeholder."""
    if operation.request is None:
        return None
    if target.body is None:
        members = [name for name in operation.request.members if name not in operation.request.ignored]
        return {name: word if word and name == operation.request.choose else f"{{{name}}}" for name in members}
    made: dict[str, Any] = {}
    for field in target.body:
        here = made
        *outer, last = field.name.split(".")
        for part in outer:
            here = here.setdefault(part, {})
        here[last] = _member(field)
    return made


def _member(field: Field) -> Any:
    rule = next(rule for rules in field.rules.values() for rule in rules)
    if rule.verb is Verb.CONSTANT:
        return rule.constant
    return f"{{{(rule.sources or (rule.parameter or field.name,))[0]}}}"


def write_call(call: NextCall) -> None:
    """Write what a call does not do by itself, and its code."""
    for remark in call.remarks:
        output.paragraph(remark)
    for code in call.samples().values():
        output.code(code)


def _curl(call: NextCall) -> str:
    """Return the call as a curl command; the token is taken from a variable."""
    lines = [
        f"curl --request {call.method} {shlex.quote(call.url)}",
        f'--header "Authorization: Bearer ${TOKEN}"',
        f"--header {shlex.quote(f'Accept: {call.accept}')}",
    ]
    if call.body is not None:
        lines.append(f"--header {shlex.quote(f'Content-Type: {call.accept}')}")
        lines.append(f"--data {shlex.quote(json.dumps(call.body))}")
    return " \\\n  ".join(lines)


def _httpx(call: NextCall) -> str:
    """Return the call as Python code for httpx; the token is taken from a variable."""
    lines = [
        "import os",
        "",
        "import httpx",
        "",
        "reply = httpx.request(",
        f"    {json.dumps(call.method)},",
        f"    {json.dumps(call.url)},",
        "    headers={",
        f'        "Accept": {json.dumps(call.accept)},',
        f'        "Authorization": f"Bearer {{os.environ[\'{TOKEN}\']}}",',
    ]
    if call.body is not None:
        lines += [f'        "Content-Type": {json.dumps(call.accept)},', "    },", "    json={"]
        lines += [
            f"        {json.dumps(name)}: {json.dumps(value) if isinstance(value, str) else repr(value)},"
            for name, value in call.body.items()
        ]
    return "\n".join([*lines, "    },", ")", "reply.raise_for_status()"])
