"""A call as Python, for httpx or requests: all pages, values as they were before, in the order they had."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from shim.cli.code_samples import NextCall, Source
from shim.cli.samples.dialects import counting, filled, function_of, inner_resources, taken, tree_of, values_of
from shim.cli.samples.names import PRIVATE, PUBLIC, TOKEN, parameters, pieces, variable
from shim.cli.samples.python_terms import Python, helpers
from shim.core.query import MOST
from shim.core.verbs import reads_bare
from shim.documents.model import BARE, Operation, Resource
from shim.documents.vocabulary import Verb

WIDTH = 100
"""Columns of printed code, where it can be helped."""


def python_code(call: NextCall, source: Source, library: str, auth: str) -> str:
    """Return a program for ``httpx`` or ``requests``; ``results`` or ``result`` has what the retired call answered."""
    before, is_list = _functions(source), source.operation.shape != "one"
    in_pages = is_list and not source.target.bare
    asked = _all_pages(call, source, library) if in_pages else _one(call, source, library)
    parts = ["\n".join([_client(call, library, auth), _url(source), *asked])]
    if before:
        parts += [*helpers("\n".join(before)), *before]
        made = "[as_before(item) for item in items]"
        if source.operation.resource.bare:
            made = "[one for item in items if (one := as_before(item)) is not None]"
        listed = [*(["items = reply.json()"] if not in_pages else []), f"results = {made}", *_sorts(source.operation)]
        parts.append("\n".join(listed if is_list else ["result = as_before(reply.json())"]))
    else:
        parts[0] += "\n# There is nothing to read in the answer."
    code = "\n\n\n".join(part.strip() for part in parts if part)
    values = [f"{variable(name)} = {json.dumps(text)}" for name, text in parameters(source)]
    return "\n".join([*_imports(code, library, auth), "", *values, "", code])


def _imports(code: str, library: str, auth: str) -> list[str]:
    names = [name for name in ("datetime", "timezone") if f"{name}." in code]
    plain = [*(["import json"] if "json." in code.replace("reply.json", "") else []), "import os"]
    lines = [*plain, *([f"from datetime import {', '.join(names)}"] if names else []), "", f"import {library}"]
    return [*lines, "from requests.auth import HTTPDigestAuth"] if (library, auth) == ("requests", "digest") else lines


def _client(call: NextCall, library: str, auth: str) -> str:
    keys = f'os.environ["{PUBLIC}"], os.environ["{PRIVATE}"]'
    token = f"f\"Bearer {{os.environ['{TOKEN}']}}\""
    headers = {"Accept": json.dumps(call.accept)}
    if call.body is not None:
        headers["Content-Type"] = json.dumps(call.accept)
    if auth == "bearer":
        headers["Authorization"] = token
    members = [f'"{name}": {value},' for name, value in headers.items()]
    if library == "httpx":
        signed = [f"    auth=httpx.DigestAuth({keys}),"] if auth == "digest" else []
        listed = ["    headers={", *(f"        {one}" for one in members), "    },"]
        return "\n".join(["client = httpx.Client(", *signed, *listed, "    timeout=30,", ")"])
    signed = [f"client.auth = HTTPDigestAuth({keys})"] if auth == "digest" else []
    listed = ["client.headers.update(", "    {", *(f"        {one}" for one in members), "    }", ")"]
    return "\n".join(["client = requests.Session()", *signed, *listed])


def _url(source: Source) -> str:
    made = "".join(f"{{{variable(text)}}}" if named else _braced(text) for text, named in pieces(source))
    return f"url = f{json.dumps(made)}"


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _all_pages(call: NextCall, source: Source, library: str) -> list[str]:
    """Return a loop over all pages of a list."""
    foreign = parse_qsl("&".join(source.query.foreign), keep_blank_values=True)
    more = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in foreign)
    timeout = "" if library == "httpx" else ", timeout=30"
    return [
        "items, page, more = [], 1, True",
        "while more:",
        f'    asked = {{"itemsPerPage": {MOST}, "pageNum": page{more}}}',
        f"    reply = client.{call.method.lower()}(url, params=asked{timeout})",
        "    reply.raise_for_status()",
        "    answer = reply.json()",
        f"    items += answer{''.join(f'[{json.dumps(name)}]' for name in source.target.items.split('.'))}",
        '    more = any(link["rel"] == "next" for link in answer.get("links", []))',
        "    page += 1",
    ]


def _one(call: NextCall, source: Source, library: str) -> list[str]:
    query = parse_qsl("&".join(source.query.foreign), keep_blank_values=True)
    given = (", json=body" if call.body is not None else "") + (f", params={dict(query)!r}" if query else "")
    given += "" if library == "httpx" else ", timeout=30"
    body = [] if call.body is None else [f"body = {_literal(call.body)}"]
    return [*body, f"reply = client.{call.method.lower()}(url{given})", "reply.raise_for_status()"]


def _literal(value: Any, indent: str = "") -> str:
    if not isinstance(value, Mapping):
        return json.dumps(value) if isinstance(value, str) else repr(value)
    lines = [f"{indent}    {json.dumps(name)}: {_literal(one, f'{indent}    ')}," for name, one in value.items()]
    return "\n".join(["{", *lines, f"{indent}}}"])


def _functions(source: Source) -> list[str]:
    """Return a function that makes an item what it was, after those for the objects in it; none without members."""
    resource, tier = source.operation.resource, source.tier
    dialect = Python(counting(resource, tier))
    if not (resource.rest or values_of(resource, tier, dialect)):
        return []
    about = "Return an item with the names, words and types of the retired call; None is what is not known."
    inner = [_function(one, tier, dialect, function_of(one), "") for one in inner_resources(resource, tier)]
    return [*inner, _function(resource, tier, dialect, "as_before", about)]


def _function(resource: Resource, tier: str, dialect: Python, name: str, about: str) -> str:
    """Return the function that makes an object of a resource what it was."""
    pairs = values_of(resource, tier, dialect)
    lines = [f"def {name}(item{', count=1' if resource.name in dialect.counts else ''}):"]
    lines += [f'    """{about}"""'] if about else []
    if reads_bare(resource, tier):
        lines.append(f'    item = item if isinstance(item, dict) else {{"{BARE}": item}}')
    if resource.bare:
        first, *others = dict(pairs)[BARE].split("\n")
        return "\n".join([*lines, f"    return {first}", *(f"    {line}" for line in others)])
    if resource.rest:
        names = ", ".join(map(json.dumps, taken(resource, tier)))
        listed = [f"        {line}" for line in filled([*map(json.dumps, taken(resource, tier))], WIDTH - 8)]
        passed = ["item"] if not names else [f"rest(item, [{names}])"]
        if len(names) > WIDTH - 24:
            passed = ["rest(item, [", *listed, "    ])"]
        if not pairs:
            return "\n".join([*lines, f"    return {passed[0]}", *passed[1:]])
        lines += [f"    passed = {passed[0]}", *passed[1:]]
    lines += ["    return {", *(["        **passed,"] if resource.rest else [])]
    lines += _lines(tree_of(pairs), "        ", () if resource.rest else None)
    for field in resource.fields:
        rules = field.rules[tier]
        if all(rule.verb is Verb.ABSENT for rule in rules):
            text = f"{field.name} is not there any more: {rules[0].why}"
            lines += textwrap.wrap(text, WIDTH, initial_indent="        # ", subsequent_indent="        # ")
    return "\n".join([*lines, "    }"])


def _lines(tree: Mapping[str, Any], indent: str, outer: tuple[str, ...] | None) -> list[str]:
    """Return the members of an object; ``outer`` is where it stands when others of its members are passed on."""
    lines = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            here = None if outer is None else (*outer, name)
            beside = "passed" + "".join(f".get({json.dumps(one)}, {{}})" for one in here or ())
            passed = [] if here is None else [f"{indent}    **{beside},"]
            lines += [f"{indent}{json.dumps(name)}: {{", *passed, *_lines(value, f"{indent}    ", here), f"{indent}}},"]
        else:
            first, *rest = value.split("\n")
            lines.append(f"{indent}{json.dumps(name)}: {first}" + ("" if rest else ","))
            lines += [f"{indent}    {line}" for line in rest[:-1]]
            lines += [f"{indent}{rest[-1]},"] if rest else []
    return lines


def _sorts(operation: Operation) -> Sequence[str]:
    """Return the sorting that the retired call did; an item without the field counts as the newest, as before."""
    if not operation.order:
        return ()
    lines = ["# The retired call answered in this order, and its successor has another:"]
    for key in reversed(operation.order):
        name = "".join(f"[{json.dumps(part)}]" for part in key.removeprefix("-").split("."))
        descending = ", reverse=True" if key.startswith("-") else ""
        lines.append(f"results.sort(key=lambda one: (one{name} is None, one{name}){descending})")
    return lines
