"""The rows of ``meanings.txt``: the result of a document's rules for a response or a request body."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from shim.core.recognize import Engine
from tests.core.driver import Driven, answers, drive
from tests.core.small import (
    HEAD,
    START,
    TARGET,
    dropped_of,
    operation,
    parsed,
    successor,
)

SENTENCES = (
    (Path(__file__).parent / "meanings.txt").read_text("utf-8").split("\n== ")[1:]
)
MEMBERS = dict.fromkeys(("name", "state"), "string") | dict.fromkeys(
    ("count", "size.width"), "integer"
)
MEMBERS |= {"until": "time", "parts": "objects", "box": "object"}
ORDER = (
    START + operation("orderThing", "POST", "/things") + successor("orderThing", "/new")
)


def laid_over(data: Any, more: Any) -> Any:
    """Return tables, overlaid key by key with others."""
    if not isinstance(data, dict) or not isinstance(more, dict):
        return more
    return data | {
        name: laid_over(data.get(name), value) for name, value in more.items()
    }


def engine_of(text: str, *, of_body: bool) -> Engine:
    """Return an engine for the TOML of a block. Its rules are exact unless they set a level."""
    said = tomllib.loads(text)
    data = tomllib.loads(ORDER if of_body else HEAD)
    own = {
        name: said.pop(name)
        for name in [*said]
        if name not in {"operation", "resource"}
    }
    if of_body:
        at = data["operation"]["orderThing"]
        at["request"] = {"members": MEMBERS}
        at["flex"] |= {"body": own} if own else {}
        own = {"id": {"type": "string", "flex": {"from": "id"}}}
    data = laid_over(data, laid_over(said, {"resource": {"thing": own}}))
    fields = [
        field
        for resource in data["resource"].values()
        for field in resource.values()
        if isinstance(field, dict)
    ]
    for rules in [field["flex"] for field in fields if "flex" in field]:
        for rule in [rules] if isinstance(rules, dict) else rules:
            if "why" not in rule:
                rule["fidelity"] = "exact"
    document, problems = parsed(data)
    assert problems == []
    return Engine([document])


def outcome(driven: Driven, made: Any) -> str:
    """Return an outcome in the format of the rows: the result and the dropped values in any order, or the error."""
    document = driven.document
    if driven.reply.status >= 400:
        head = " ".join(
            [f"{driven.reply.status} {document['errorCode']}", *document["parameters"]]
        )
        return f"{head}: {document['detail']}"
    dropped = sorted(
        f"! {where} = {json.dumps(said)}: {why}"
        for where, said, why in dropped_of(driven)
    )
    return " ".join([json.dumps(made), *dropped])


def check(engine: Engine, row: str) -> None:
    """Check a row against the engine's result."""
    given, arrow, expected = re.split(r" ?(->|=>) ", row.strip(), maxsplit=1)
    if arrow == "=>":
        driven = drive(
            engine,
            "/api/atlas/v2/things",
            [answers({"id": "1"})],
            method="POST",
            body=given.encode(),
        )
        assert (driven.document == {"id": "1"}) == bool(driven.sends)
        got = outcome(
            driven,
            json.loads(driven.sends[0].call.body or b"null") if driven.sends else None,
        )
    elif given.startswith("?"):
        driven = drive(engine, f"{TARGET}{given}", [answers({"results": []})])
        sent = [send.call.query for send in driven.sends]
        got = " ! ".join([*sent, *driven.outcome.record.notes]) or outcome(driven, None)
    else:
        driven = drive(engine, TARGET, [(200, (), given.encode())])
        got = outcome(driven, driven.document)
    head, _, word = expected.partition(": ")
    assert got == expected or (
        driven.reply.status >= 400 and got.startswith(f"{head}: ") and word in got
    ), (row, got)


@pytest.mark.parametrize(
    "sentence", SENTENCES, ids=lambda text: text.partition("\n")[0]
)
def test_a_rule_has_the_results_in_its_rows(sentence):
    """Each row of a sentence uses the TOML block before it."""
    joined = re.sub(r"\n {4}", " ", sentence.partition("\n")[2])
    blocks = re.findall(r"((?:^\S.*\n)+)((?:^  \S.*\n?)+)", joined, re.MULTILINE)
    assert blocks
    for text, rows in blocks:
        engine = engine_of(text, of_body=" => " in rows)
        for row in rows.splitlines():
            check(engine, row)
