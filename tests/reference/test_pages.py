"""Files made from code are what the code says today; pages have every command, public name, operation and member."""

import re

import pytest
from makers import fields as maker
from reference import COMMITTED, ROOT

import shim
from shim import atlas, errors, fake
from shim.cli import COMMANDS
from shim.documents import load_documents, mapping_folders
from shim.documents.casts import Values
from shim.documents.fields import Rule
from shim.documents.verbs import Absent
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From, Group, Whole


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_committed_file_is_what_the_code_says(path):
    """Whoever changes what it is made of writes it anew."""
    assert path.read_text("utf-8") == COMMITTED[path](), "run: python docs/site/reference.py"


def test_every_command_has_its_section(page):
    """In the order of the help."""
    assert re.findall(r"^## `atlas-shim (.+)`$", page("commands.md"), re.MULTILINE) == list(COMMANDS)


def test_every_public_name_is_on_the_page(page):
    """Of the package, the typed client, the errors and the fake; and nothing of this machine."""
    text = page("python.md")
    of_errors = [name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)]
    names = [f"shim.{name}" for name in shim.__all__ if name not in {"__version__", *dir(errors)}]
    names += [name for name in of_errors if issubclass(getattr(errors, name), errors.ShimError)]
    names += ["shim.LegacyEndpointWarning", "shim.AtlasError"]
    names += [
        name for name in vars(atlas) if name[0].isupper() and name not in {"AtlasClient", "AsyncAtlasClient", "Retries"}
    ]
    names += [name for name in fake.__all__ if name != "FakeAtlas"]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert not re.search(r"0x[0-9a-f]{6}|environ\(\{|<[a-z]+ object", text)


@pytest.fixture(scope="module")
def documents():
    return load_documents(mapping_folders({}))


def test_every_operation_and_every_member_is_there(documents):
    """No operation, no member of an answer or of a request, and no reason is left out."""
    text = maker.page(documents)
    for operation in [one for document in documents for one in document.operations]:
        assert f"\n- `{operation.id}`: `{operation.method} {operation.path.text}`" in text
        fields = [field for one in operation.successors.values() for field in one.resource.walk()]
        rules = [rule for field in fields for tier in field.rules.values() for rule in tier]
        assert not [field.name for field in fields if f"{field.name}`" not in text]
        assert not [rule.why for rule in rules if rule.why not in text]
        assert not operation.request or not [name for name in operation.request.members if f"`{name}`" not in text]


def test_tables_have_as_many_cells_in_each_row(documents):
    """A word with a bar in it, or a cell too few, would break a table."""
    tables = [part.splitlines() for part in maker.page(documents).split("\n\n") if part.startswith("| ")]
    assert tables
    assert not [lines for lines in tables if len({line.replace("\\|", "").count("|") for line in lines}) > 1]


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (From(sources=("a.b", "a")), "from `a.b`, else `a`."),
        (Values(sources=("a.b", "a"), values={"X": "x"}), "from `a.b`, else `a`, in other words (below)."),
        (From(sources=("name",), drop=(0,)), "but for 0, which means not known."),
        (Whole(sources=("size",)), "from `size`, as a whole number."),
        (Absent(), ""),
        (Group(sources=("parts[first].name",), members=("zone",)), "from `parts[first].name`, one for each `zone`."),
    ],
)
def test_a_rule_in_words(verb, told):
    """What a value is made from is code, and each name is found whole."""
    assert maker.value("name", Rule(verb, at="", owner="", fidelity=Fidelity.DERIVED)) == told
