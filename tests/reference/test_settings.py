"""The page of settings is complete both ways: what the code reads is in it, and what is in it the code names."""

import re

import pytest
from reference import ROOT

from shim.gateway.plan import KNOWN, unknown_variables

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
