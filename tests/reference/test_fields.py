"""The page "From old to new, field by field" says what the documents say."""

from enum import StrEnum
from typing import Any

import attrs
import pytest
from makers.fields import page, value

from shim.core.recognise import load_engine
from shim.documents.model import Rule
from shim.documents.vocabulary import Fidelity, Verb


@pytest.fixture(scope="module")
def engine():
    return load_engine({})


def test_every_operation_and_every_member_is_there(engine):
    """No operation, no member of an answer or of a request, and no reason is left out."""
    text = page(engine)
    for operation in engine.operations:
        assert f"### {operation.id}\n" in text
        fields = list(operation.resource.walk())
        rules = [rule for field in fields for tier in field.rules.values() for rule in tier]
        assert not [field.name for field in fields if f"{field.name}` |" not in text]
        assert not [rule.why for rule in rules if rule.why not in text]
        assert not operation.request or not [name for name in operation.request.members if f"| `{name}` |" not in text]


def test_tables_have_as_many_cells_in_each_row(engine):
    """A word with a bar in it, or a cell too few, would break a table."""
    tables = [part.splitlines() for part in page(engine).split("\n\n") if part.startswith("| ")]
    assert tables
    assert not [lines for lines in tables if len({line.replace("\\|", "").count("|") for line in lines}) > 1]


RULE = Rule(verb=Verb.FROM, at="", owner="", fidelity=Fidelity.DERIVED, sources=("a.b", "a"))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (RULE, "from `a.b`, else `a`."),
        (attrs.evolve(RULE, values={"X": "x"}), "from `a.b`, else `a`, in other words (below)."),
        (attrs.evolve(RULE, sources=("name",), drop=(0,)), "but for 0, which means not known."),
        (attrs.evolve(RULE, sources=("size",), whole=True), "from `size`, as a whole number."),
        (attrs.evolve(RULE, verb=Verb.ABSENT, sources=()), ""),
        (
            attrs.evolve(RULE, sources=("parts[first].name",), group=("zone",)),
            "from `parts[first].name`, one for each `zone`.",
        ),
    ],
)
def test_a_rule_in_words(rule, told):
    """What a value is made from is code, and each name is found whole."""
    assert value("name", rule) == told


def test_a_verb_without_words_yet_can_still_be_read():
    """A verb that the language has and this page has no sentence for stands there with its sources."""

    class Later(StrEnum):
        TALLY = "tally"

    tally: Any = Later.TALLY
    assert value("count", attrs.evolve(RULE, verb=tally, sources=("regions",))) == "tally `regions`."
