"""The page of settings is complete both ways: what the code reads is in it, and what is in it the code names."""

import re

import pytest
from makers.variables import CREDENTIALS, MARKS, SHARED, SURROUNDINGS, WHICH_ATLAS
from reference import ROOT

from shim.gateway.settings_report import KNOWN, unknown_variables
from tests.reference.conftest import SHIM

NAME = r"_?[A-Z][A-Z0-9_]+"
OURS = re.compile(r"\b_?(?:ATLAS_SHIM|MONGODB_ATLAS|MCLI)(?:_[A-Z0-9]+)+\b(?!_)")


@pytest.fixture(scope="module")
def described(page):
    """The variables that the page describes, each in the first column of a table."""
    cells = re.findall(r"^\| (`.+?) \|", page("settings.md"), re.MULTILINE)
    return {name for cell in cells for name in re.findall(rf"`({NAME})`", cell)}


@pytest.fixture(scope="module")
def sources():
    """All that stands in the code."""
    return "\n".join(path.read_text("utf-8") for path in SHIM.rglob("*.py"))


READ = (
    r'environ(?:\.get\(|\.pop\(|\[)"(NAME)"',
    r'getenv\("(NAME)"',
    r'envvar="(NAME)"',
    r'"(NAME)" (?:not )?in environ',
)


@pytest.mark.parametrize("form", READ)
def test_every_variable_that_the_code_reads_is_on_the_page(form, sources, described):
    """By its name where it is asked for, whoever defined it."""
    assert set(re.findall(form.replace("NAME", NAME), sources)) <= described


def test_every_variable_that_the_code_mentions_is_on_the_page(described, sources):
    """In a message or a docstring: a user who looks it up finds it."""
    assert set(OURS.findall(sources)) <= described


def test_every_variable_of_the_page_is_named_by_the_code(sources):
    """Each that has words of its own."""
    own = {one.name for one in (*SHARED, *CREDENTIALS, *WHICH_ATLAS, *SURROUNDINGS, *MARKS)}
    assert own <= set(re.findall(NAME, sources))


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
