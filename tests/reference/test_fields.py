"""The page "From old to new, field by field" says what the documents say."""

import pytest
from makers.fields import page, value

from shim.documents import load_documents, mapping_folders
from shim.documents.casts import Values
from shim.documents.fields import Rule
from shim.documents.verbs import Absent, From
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import Group, Whole


@pytest.fixture(scope="module")
def documents():
    return load_documents(mapping_folders({}))


def test_every_operation_and_every_member_is_there(documents):
    """No operation, no member of an answer or of a request, and no reason is left out."""
    text = page(documents)
    for operation in [one for document in documents for one in document.operations]:
        assert f"\n- `{operation.id}`: `{operation.method} {operation.path.text}`" in text
        fields = [field for one in operation.successors.values() for field in one.resource.walk()]
        rules = [rule for field in fields for tier in field.rules.values() for rule in tier]
        assert not [field.name for field in fields if f"{field.name}`" not in text]
        assert not [rule.why for rule in rules if rule.why not in text]
        assert not operation.request or not [name for name in operation.request.members if f"`{name}`" not in text]


def test_tables_have_as_many_cells_in_each_row(documents):
    """A word with a bar in it, or a cell too few, would break a table."""
    tables = [part.splitlines() for part in page(documents).split("\n\n") if part.startswith("| ")]
    assert tables
    assert not [lines for lines in tables if len({line.replace("\\|", "").count("|") for line in lines}) > 1]


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (From(sources=("a.b", "a")), "from `a.b`, else `a`."),
        (From(sources=("a.b", "a"), way=Values({"X": "x"})), "from `a.b`, else `a`, in other words (below)."),
        (From(sources=("name",), drop=(0,)), "but for 0, which means not known."),
        (From(sources=("size",), way=Whole()), "from `size`, as a whole number."),
        (Absent(), ""),
        (From(sources=("parts[first].name",), way=Group(("zone",))), "from `parts[first].name`, one for each `zone`."),
    ],
)
def test_a_rule_in_words(verb, told):
    """What a value is made from is code, and each name is found whole."""
    assert value("name", Rule(verb, at="", owner="", fidelity=Fidelity.DERIVED)) == told
