"""Pages made from code: settings complete both ways, fields as the tables of the code name them."""

import re

import pytest
from reference import ROOT

from shim.core.responses import _ABOUT_CONTENT
from shim.gateway.fields import _REQUEST_DROPS
from shim.gateway.plan import KNOWN, unknown_variables
from tests.peers.served import At, ask, gateway, get, lines_of, status_of

NAME = r"_?[A-Z][A-Z0-9_]+"
OURS = re.compile(r"\b_?(?:ATLAS_SHIM|MONGODB_ATLAS|MCLI)(?:_[A-Z0-9]+)+\b(?!_)")


@pytest.fixture(scope="module")
def described(page):
    """The variables that the page describes, each in the first column of a table."""
    cells = re.findall(r"^\| (`.+?) \|", page("settings.md"), re.MULTILINE)
    return {name for cell in cells for name in re.findall(rf"`({NAME})`", cell)}


def test_every_variable_that_pages_and_manifests_mention_is_on_the_page(described):
    """A guide or a manifest that misspells one of ours would be believed; the changelog may name what is gone."""
    files = [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
    for folder in ("docs", "deploy", "examples", "mappings", "benchmarks"):
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    mentioned = {name for path in files for name in OURS.findall(path.read_text("utf-8", "ignore"))}
    ours = {name for name in mentioned if "ATLAS_SHIM_" in name} - {"ATLAS_SHIM_TEST_ROOT"}  # what tests unpack
    assert ours <= described


def test_no_variable_of_the_page_is_reported_as_unknown(described):
    """What the page describes is a setting, and a program reports what it does not describe."""
    ours = {name for name in described if name.startswith("ATLAS_SHIM_")}
    assert ours == KNOWN
    assert unknown_variables(dict.fromkeys(described, "x")) == []
    assert len(unknown_variables({"ATLAS_SHIM_NONSENSE": "x"})) == 1


ASKED, LOST = "What of a request Atlas does not see", "What of Atlas' reply a caller does not find"


@pytest.fixture(scope="module")
def tables(page):
    """Section -> field -> when, of the page's tables; ``the same`` is what the line above says."""
    found: dict[str, dict[str, str]] = {}
    for section in page("headers.md").split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        when = ""
        for names, said in re.findall(r"^\| (`[^|]+) \| ([^|]+?) \|", text, re.MULTILINE):
            when = when if said == "the same" else said
            found.setdefault(heading, {}).update(dict.fromkeys(re.findall(r"`([a-z0-9-]+)`", names.lower()), when))
    return found


@pytest.mark.parametrize(
    ("section", "names"), [(ASKED, _REQUEST_DROPS), (LOST, _ABOUT_CONTENT)], ids=["request", "reply"]
)
def test_every_field_that_is_dropped_is_on_the_page(section, names, tables):
    """Those of the connection and of the peer in a request, those about a successor's content in a reply."""
    said = tables[section].keys() | tables["What the gateway says to Atlas in its own words"].keys()
    assert {name.lower() for name in names} - said - {"content-length", "expect"} == set()


@pytest.mark.parametrize("path", ["/", "/livez", "/metrics", "/status.txt", "/status.json"])
def test_the_admin_listener_adds_what_the_page_says(path, tables):
    """Every page of the listener has these fields."""
    with gateway("http://127.0.0.1:1") as served:
        url = served.admin_url or ""
        head, _ = ask(At(url), get(path, host=url.removeprefix("http://")))
    assert status_of(head) == 200
    listener = tables["The admin listener"].items()
    assert {name.lower() for name, _ in lines_of(head)} == {
        name for name, when in listener if when in {"always", "with content"} or f"`{path}`" in when
    }
