"""`-o json-path=…`: the paths that scripts use."""

import pytest

from shim.cli.atlas_cli.flags import CliError
from shim.cli.atlas_cli.output import selector

PAGE = {
    "results": [
        {"id": "a", "status": "completed", "size": 5, "links": [{"rel": "self"}], "failed": False},
        {"id": "b", "status": "failed", "size": 7, "links": [], "failed": True},
        {"id": "c", "status": "completed", "odd name": True},
    ],
    "totalCount": 3,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", PAGE),
        ("$.totalCount", 3),
        ("totalCount", 3),
        ("$.results[0].id", "a"),
        ("$.results[-1].id", "c"),
        ("$['results'][1][\"id\"]", "b"),
        ("$.results[2]['odd name']", True),
        ("$.results[*].id", ["a", "b", "c"]),
        ("$.results.*.size", [5, 7]),
        ("$..id", ["a", "b", "c"]),
        ("$..links[0].rel", ["self"]),
        ("$.results[0:2].id", ["a", "b"]),
        ("$.results[1:].id", ["b", "c"]),
        ("$.results[?(@.status == 'completed')].id", ["a", "c"]),
        ('$.results[?(@.status!="completed")].id', ["b"]),
        ("$.results[?(@.size > 5)].id", ["b"]),
        ("$.results[?(@.size > 5 && @.failed == true)].id", ["b"]),
        ("$.results[?(@.size)].id", ["a", "b"]),
        ("$.results[?(@.failed == true)].id", ["b"]),
        ("$.results[?(@.status == 'none')].id", []),
        ("$.results[*].nothing", []),
    ],
)
def test_a_path_leads_to_its_value(path, expected):
    """A path that can mean one value returns it, any other a list."""
    assert selector(path)(PAGE) == expected


@pytest.mark.parametrize("path", ["$.nothing", "$.results[7]", "$.results.id", "$.totalCount.x"])
def test_a_path_that_leads_nowhere_is_an_error(path):
    """A script that asks for one value gets an exit code, and never an empty line."""
    with pytest.raises(CliError, match="unknown key or index"):
        selector(path)(PAGE)


def test_a_path_that_can_not_be_read_is_an_error():
    """An unreadable path is refused before there is a reply."""
    with pytest.raises(CliError, match="jq reads more"):
        selector("$.results[(@.length-1)]")
