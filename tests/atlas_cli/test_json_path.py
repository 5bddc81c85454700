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
        ("$.totalCount", 3),
        ("totalCount", 3),
        ("$.results[0].id", "a"),
        ("$.results[2]['odd name']", True),
        ("$.results[*].id", ["a", "b", "c"]),
        ("$..links[0].rel", ["self"]),
        ("$.results[0:2].id", ["a", "b"]),
        ("$.results[?(@.status == 'completed')].id", ["a", "c"]),
        ("$.results[?(@.size > 5 && @.failed == true)].id", ["b"]),
        ("$.results[?(@.status == 'none')].id", []),
        ("$.results[*].nothing", []),
    ],
)
def test_a_path_leads_to_its_value(path, expected):
    """A path that can mean one value returns it, any other a list."""
    assert selector(path)(PAGE) == expected


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *((path, "unknown key or index") for path in ("$.nothing", "$.results[7]", "$.results.id", "$.totalCount.x")),
        ("$.results[(@.length-1)]", "jq reads more"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_error(path, said):
    """A script that asks for one value gets an exit code, and never an empty line."""
    with pytest.raises(CliError, match=said):
        selector(path)(PAGE)
