"""Generated files are current; pages have every command, public name, operation, setting and field."""

import re

import pytest
from makers import fields as maker
from reference import COMMITTED, OF_THE_SITE, REFERENCE, ROOT

import shim
from shim import atlas, errors, fake
from shim.cli import COMMANDS
from shim.core.responses import _ABOUT_CONTENT
from shim.documents.fields import Rule
from shim.documents.verbs import Absent
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From, Group, Values
from shim.gateway.fields import _REQUEST_DROPS
from shim.gateway.plan import KNOWN, unknown_variables
from tests.core.driver import shipped_documents
from tests.peers.served import At, ask, gateway, get, lines_of, status_of


@pytest.mark.parametrize(
    "path", COMMITTED, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_a_committed_file_is_current(path):
    """After a change of its source it has to be regenerated."""
    assert path.read_text("utf-8") == COMMITTED[path](), (
        "run: python docs/site/reference.py"
    )


def test_every_command_has_its_section(page):
    """The sections are in the order of the help."""
    assert re.findall(
        r"^## `atlas-shim (.+)`$", page("commands.md"), re.MULTILINE
    ) == list(COMMANDS)


def test_every_public_name_is_on_the_page(page):
    """It has those of the package, the typed client, the errors and the fake, and no path of this machine."""
    text = page("python.md")
    of_errors = [
        name
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, Exception)
    ]
    names = [
        f"shim.{name}"
        for name in shim.__all__
        if name not in {"__version__", *dir(errors)}
    ]
    names += [
        name
        for name in of_errors
        if issubclass(getattr(errors, name), errors.ShimError)
    ]
    names += ["shim.LegacyEndpointWarning", "shim.AtlasError"]
    names += [
        name
        for name in vars(atlas)
        if name[0].isupper()
        and name not in {"AtlasClient", "AsyncAtlasClient", "Retries"}
    ]
    names += [name for name in vars(fake) if name[0].isupper() and name != "FakeAtlas"]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert not re.search(r"0x[0-9a-f]{6}|environ\(\{|<[a-z]+ object", text)


@pytest.fixture(scope="module")
def documents():
    return shipped_documents()


def test_every_operation_and_every_member_is_there(documents):
    """No operation, no member of a reply or of a request, and no reason is left out."""
    text = maker.page(documents)
    for operation in [one for document in documents for one in document.operations]:
        assert (
            f"\n- `{operation.id}`: `{operation.method} {operation.path.text}`" in text
        )
        fields = [
            field
            for one in operation.successors.values()
            for field in one.resource.walk()
        ]
        rules = [
            rule for field in fields for tier in field.rules.values() for rule in tier
        ]
        assert not [field.name for field in fields if f"{field.name}`" not in text]
        assert not [rule.why for rule in rules if rule.why not in text]
        assert not operation.request or not [
            name for name in operation.request.members if f"`{name}`" not in text
        ]


def test_each_row_of_a_table_has_the_same_number_of_cells(documents):
    """A word with a bar in it, or a missing cell, would break a table."""
    tables = [
        part.splitlines()
        for part in maker.page(documents).split("\n\n")
        if part.startswith("| ")
    ]
    assert tables
    assert not [
        lines
        for lines in tables
        if len({line.replace("\\|", "").count("|") for line in lines}) > 1
    ]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (From(sources=("a.b", "a")), "from `a.b`, else `a`."),
        (
            Values(sources=("a.b", "a"), values={"X": "x"}),
            "from `a.b`, else `a`, translated (see below).",
        ),
        (From(sources=("name",), drop=(0,)), "except 0, which means unknown."),
        (Absent(), ""),
        (
            Group(sources=("parts[first].name",), members=("zone",)),
            "from `parts[first].name`, one for each `zone`.",
        ),
    ],
)
def test_a_rule_has_a_description(verb, words):
    """The source of a value is code, and each name is complete."""
    assert (
        maker.value("name", Rule(verb, at="", owner="", fidelity=Fidelity.DERIVED))
        == words
    )


NAME = r"_?[A-Z][A-Z0-9_]+"
OURS = re.compile(r"\b_?(?:ATLAS_SHIM|MONGODB_ATLAS|MCLI)(?:_[A-Z0-9]+)+\b(?!_)")


@pytest.fixture(scope="module")
def described(page):
    """The variables that the page describes, each in the first column of a table."""
    cells = re.findall(r"^\| (`.+?) \|", page("settings.md"), re.MULTILINE)
    found = set()
    for cell in cells:
        for name in re.findall(rf"`({NAME})`", cell):
            found.add(name)
    return found


def test_every_variable_in_pages_and_manifests_is_on_the_page(described):
    """A misspelled one would mislead a reader; only the changelog may have removed ones."""
    files = [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
    for folder in ("docs", "deploy", "examples", "mappings", "benchmarks"):
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    mentioned = {
        name
        for path in files
        for name in OURS.findall(path.read_text("utf-8", "ignore"))
    }
    # Folders where tests unpack, and click's own variable.
    others = {
        "ATLAS_SHIM_TEST_ROOT",
        "_ATLAS_SHIM_COMPLETE",
    }
    ours = {name for name in mentioned if "ATLAS_SHIM_" in name} - others
    assert ours <= described


def test_no_variable_of_the_page_is_reported_as_unknown(described):
    """A program reports every variable that is not a setting."""
    ours = {name for name in described if name.startswith("ATLAS_SHIM_")}
    assert ours == KNOWN
    assert unknown_variables(dict.fromkeys(described, "x")) == []
    assert len(unknown_variables({"ATLAS_SHIM_NONSENSE": "x"})) == 1


ASKED = "Removed from requests"
LOST = "Removed from responses"


@pytest.fixture(scope="module")
def tables(page):
    """Section -> field -> when, of the page's tables; ``the same`` repeats the line above."""
    found: dict[str, dict[str, str]] = {}
    for section in page("headers.md").split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        when = ""
        for names, said in re.findall(
            r"^\| (`[^|]+) \| ([^|]+?) \|", text, re.MULTILINE
        ):
            when = when if said == "the same" else said
            found.setdefault(heading, {}).update(
                dict.fromkeys(re.findall(r"`([a-z0-9-]+)`", names.lower()), when)
            )
    return found


@pytest.mark.parametrize(
    ("section", "names"),
    [(ASKED, _REQUEST_DROPS), (LOST, _ABOUT_CONTENT)],
    ids=["request", "reply"],
)
def test_every_dropped_field_is_on_the_page(section, names, tables):
    """In a request these are hop-by-hop fields and the peer's, in a reply those about a successor's content."""
    said = tables[section].keys() | tables["Set in requests to Atlas"].keys()
    assert {name.lower() for name in names} - said - {
        "content-length",
        "expect",
    } == set()


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/metrics", "/status.txt", "/status.json"]
)
def test_the_admin_listener_adds_the_fields_of_the_page(path, tables):
    """Each of its pages has them."""
    with gateway("http://127.0.0.1:1") as served:
        url = served.admin_url or ""
        head, _ = ask(At(url), get(path, host=url.removeprefix("http://")))
    assert status_of(head) == 200
    listener = tables["The admin listener"].items()
    assert {name.lower() for name, _ in lines_of(head)} == {
        name
        for name, when in listener
        if when in {"always", "with content"} or f"`{path}`" in when
    }


@pytest.fixture(scope="session")
def page():
    """Return a function that returns the text of a page of the reference."""
    made = {path.name: make for path, make in OF_THE_SITE.items()}

    def page(name):
        if name in made:
            return made[name]()
        return (REFERENCE / name).read_text("utf-8")

    return page
