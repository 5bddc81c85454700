"""The script that compares the calendar with a newer description of Atlas's API."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "contract"


@pytest.fixture(scope="module")
def script():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location(
        "announced", ROOT / ".ci" / "announced.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def description(
    sunset,
    path="/api/atlas/v2/groups/{groupId}/x",
    media="application/vnd.atlas.2023-01-01+json",
):
    """Return a description with one operation, with or without an end date."""
    content = {media: {"x-sunset": sunset} if sunset else {}}
    return {
        "paths": {
            path: {
                "get": {"responses": {"200": {"content": content}}},
                "parameters": [],
            }
        }
    }


KEY = ("GET", "/api/atlas/v2/groups/{}/x", "2023-01-01+json")


@pytest.mark.parametrize(
    ("known", "found", "said"),
    [
        (None, "2027-07-01", ["new, 2027-07-01"]),
        ("2027-07-01", "2027-09-01", ["2027-07-01 has become 2027-09-01"]),
        ("2027-07-01", None, ["withdrawn, was 2027-07-01"]),
        ("2026-01-22", None, []),
        ("2027-07-01", "2027-07-01", []),
        (None, None, []),
    ],
)
def test_changed_dates_are_named(script, known, found, said):
    """Dates may be new, changed or withdrawn.

    An operation that has ended may be missing in the description.
    """
    before = {KEY: known} if known else {}
    lines = [*script.moved(before, script.ends_of(description(found)), "2026-12-02")]
    assert lines == [f"{' '.join(KEY)}: {one}" for one in said]


def test_a_newer_date_comes_first(script):
    """The older one stays, with the last day on which Atlas published it."""
    rows = [
        {
            **dict(zip(("method", "path", "version"), KEY, strict=True)),
            "announced": [{"seen": "a", "sunset": "b"}],
        }
    ]
    (row,) = script.added(rows, {KEY: "c"}, "d")
    assert row["announced"] == [
        {"seen": "d", "sunset": "c"},
        {"seen": "a", "sunset": "b"},
    ]
    assert script.known_ends([row]) == {KEY: "c"}


@pytest.mark.parametrize(
    ("content", "code"), [(description("2027-07-01"), 1), (description(None), 2)]
)
def test_its_exit_code_is_for_a_workflow(script, tmp_path, capsys, content, code):
    """It is 1 if a date changed, and 2 for a file that is no description."""
    file = tmp_path / "v2.json"
    file.write_text(json.dumps(content))
    assert script.main([str(file)]) == code
    assert capsys.readouterr().out


@pytest.mark.skipif(not SHARED.exists(), reason="the contracts are not here")
def test_the_description_of_august_has_the_same_dates(script):
    """The table has each date in the parts that are kept next to the project."""
    table = script.known_ends(
        [json.loads(line) for line in script.TABLE.read_text("utf-8").splitlines()]
    )
    found = script.ends_of(
        json.loads((SHARED / "legacy-serverless-2026-08.json").read_text("utf-8"))
    )
    assert found.items() <= table.items()
    assert found
