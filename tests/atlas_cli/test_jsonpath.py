"""`-o json-path=…`: the paths that scripts use."""

import pytest

from shim.cli.atlas_cli.jsonpath import PathError, select

PAGE = {
    "results": [
        {"id": "a", "status": "completed", "size": 5, "links": [{"rel": "self"}]},
        {"id": "b", "status": "failed", "size": 7, "links": []},
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
        ("$.results[?(@.size)].id", ["a", "b"]),
        ("$.results[?(@.status == 'none')].id", []),
        ("$.results[*].nothing", []),
    ],
)
def test_a_path_leads_to_its_value(path, expected):
    """A path that can mean one value returns it, any other a list."""
    assert select(path, PAGE) == expected


def test_a_list_at_the_top_may_have_a_dot_before_it():
    """`$.[0].id` is how scripts wrote it for commands that printed a list."""
    assert select("$.[0].id", PAGE["results"]) == "a"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "empty jsonpath"),
        ("$.nothing", "unknown key nothing"),
        ("$.results[7]", "index 7 out of bounds"),
        ("$.results.id", "could not select value, invalid key"),
        ("$.totalCount.x", "unsupported value type float64 for select"),
        ("$.results[(@.length-1)]", r"atlas-shim can't read '\[\(@.length-1\)\]'"),
        ("$.results[?(@.a == 1 && @.b)]", "jq speaks the rest"),
    ],
)
def test_a_path_that_leads_nowhere_is_told(path, words):
    """The errors are those of the CLI's library; what is not spoken names what is."""
    with pytest.raises(PathError, match=words):
        select(path, PAGE)
