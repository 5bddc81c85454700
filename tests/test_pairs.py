"""Pairs run through a document: what counts as equal, and the report of differences."""

import json

import pytest

from shim.core.recognize import shared_engine
from shim.errors import SettingsError
from shim.tools.pairs import compare, read_pairs, replay
from tests.core.driver import CASES
from tests.core.small import read, text_of

ONE = "/api/atlas/v2/things/a"
MANY = "/api/atlas/v2/things"


@pytest.fixture
def recorded(tmp_path):
    """Return a function that parses lines of text as pairs."""

    def recorded(*pairs):
        (tmp_path / "pairs.jsonl").write_text(
            "".join(f"{json.dumps(one)}\n" for one in pairs), "utf-8"
        )
        return read_pairs(tmp_path / "pairs.jsonl")

    return recorded


@pytest.fixture
def engine():
    """A document that proves all members but one."""
    return read(text_of("pairs"))


@pytest.fixture
def lines(engine, recorded):
    """Return a function that runs pairs of old and new replies through the document, and returns a line per field."""

    def lines(*answers, path=ONE, **more):
        pairs = [
            {"path": path, "old_version": "2023-01-01", "old": old, "new": new, **more}
            for old, new in answers
        ]
        replayed = replay(engine, recorded(*pairs))
        assert not [one.problem for one in replayed if one.problem]
        return {line.field: line for line in compare(replayed)}

    return lines


def test_each_kind_of_difference_is_counted(lines):
    """A field is equal, differs, or is on one side only.

    The first pair that differs is the example.
    """
    found = lines(
        ({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "d": 1}),
        ({"a": 1, "b": 1}, {"a": 1, "b": 2}),
    )
    counts = {
        name: (one.equal, one.differs, one.only_old, one.only_made)
        for name, one in found.items()
    }
    assert counts["a"] == (2, 0, 0, 0)
    assert counts["b"] == (1, 1, 0, 0)
    assert counts["c"] == (0, 0, 1, 0)
    assert counts["d"] == (0, 0, 0, 1)
    assert found["b"].line == 2
    assert found["b"].expected == 1
    assert found["b"].got == 2


def test_a_field_declared_absent_is_no_difference(lines):
    """The old reply had it, and the document declares it unknown.

    A field without pairs proves nothing.
    """
    found = lines(({"gone": "x"}, {}))
    assert found["gone"].only_old == 1
    assert found["gone"].absent is True
    assert found["gone"].good is True
    assert found["over"].total == 0
    assert found["over"].good is True


def test_a_value_of_the_wrong_type_is_a_difference(lines):
    """The translated reply lacks the field, and no document declares that."""
    found = lines(({"over": True}, {"ends": "soon"}))
    assert found["over"].only_old == 1
    assert found["over"].absent is False
    assert found["over"].good is False


def test_a_placeholder_in_a_path_is_a_name(lines):
    """The same placeholder may be in replies' links."""
    links = [
        {"l": [{"href": f"https://{host}/things/{name}"}]}
        for host, name in (("a", "{name}"), ("b", "name"))
    ]
    assert lines(tuple(links), path="/api/atlas/v2/things/{name}")["l[].href"].good


@pytest.mark.parametrize(("old", "new", "field", "good"), [
    ({"a": True}, {"a": 1}, "a", False), ({"a": 1}, {"a": 1.0}, "a", True),
    ({"l": [{"x": 2}]}, {"l": [{"x": 3}]}, "l[].x", False),
    ({"l": [{"x": 1}]}, {"l": []}, "l", False),
    ({"l": [{"href": "http://a:80/x"}]}, {"l": [{"href": "https://b/x"}]}, "l[].href", True),
    ({"l": [{"href": "http://a:80/x"}]}, {"l": [{"href": "https://b/y"}]}, "l[].href", False),
])  # fmt: skip
def test_values_are_compared_as_json(lines, old, new, field, good):
    """True is not 1, items of lists share one name, and links may have another origin."""
    line = lines((old, new))[field]
    assert (line.equal, line.differs) == ((1, 0) if good else (0, 1))


def test_pages_are_collected_from_one_reply(lines):
    """A pair's new page is the first and only one.

    A page's own links may order the query differently.
    """
    link = {
        "rel": "self",
        "href": f"http://localhost:8080{MANY}?pageNum=1&itemsPerPage=100",
    }
    page = {"links": [link], "results": [{"a": 1}], "totalCount": 1}
    found = lines((page, page), path=MANY)
    assert found["results[].a"].equal == found["links[].href"].equal == 1


def test_rules_of_time_use_the_recording_date(lines):
    """A later replay compares with the values of that date."""
    new = {"ends": "2026-02-01T00:00:00Z"}
    assert lines(({"over": False}, new), recorded="2026-01-01")["over"].equal == 1
    assert (
        lines(({"over": True}, new), recorded="2026-03-01T00:00:00+01:00")["over"].equal
        == 1
    )


def test_a_pair_that_the_document_does_not_translate_is_a_problem(engine, recorded):
    """The problem names its path and Accept, or the resulting error.

    A version may be null.
    """
    first, second, third = replay(
        engine,
        recorded(
            {
                "path": "/api/atlas/v2/sheds",
                "old_version": "2023-01-01",
                "old": {},
                "new": {},
                "new_version": None,
            },
            {"path": ONE, "old_version": "2026-01-01", "old": {}, "new": {}},
            {"path": ONE, "old_version": "2023-01-01", "old": {}, "new": "broken"},
        ),
    )
    accept = "application/vnd.atlas.2023-01-01+json"
    assert (
        first.problem
        == f"no operation of the document is /api/atlas/v2/sheds with Accept: {accept}"
    )
    assert "2026-01-01" in second.problem
    assert third.problem


@pytest.mark.parametrize(("line", "what"), [
    ("{", "line 1: Expecting"), ("[]", "line 1: has no path and no old and no new"),
    ('{"path": "/a", "old": 1}', "line 1: has no new"),
    ('{"path": 1, "old": 1, "new": 1}', "line 1: path and versions must be texts"), ("", "has no pairs"),
])  # fmt: skip
def test_an_invalid_line_of_pairs_is_named(tmp_path, line, what):
    """The error has its number and the missing part."""
    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(SettingsError, match=what):
        read_pairs(tmp_path / "p.jsonl")


def test_a_pair_of_a_moved_object_belongs_to_its_versions_side(recorded):
    """The remaining endpoint refuses it with the code that routes onward, and the other list is empty."""
    shapes = json.loads((CASES / "former-clusters.json").read_text("utf-8"))
    engine = shared_engine({"ATLAS_SHIM_READS": "former-clusters"})
    listed = [
        {"results": [shapes[side]], "totalCount": 1} for side in ("2024-08-05", "flex")
    ]
    for path, (old, new) in (
        ("clusters/cluster0", (shapes["2023-02-01"], shapes["flex"])),
        ("clusters", listed),
    ):
        if path == "clusters":
            version = "2024-08-05"
        else:
            version = "2023-02-01"
        pair = {
            "path": f"/api/atlas/v2/groups/{'5f' + '0' * 22}/{path}",
            "old": old,
            "new": new,
        }
        replayed = replay(
            engine,
            recorded(pair | {"old_version": version, "new_version": "2024-11-13"}),
        )
        wrong = {
            line.field for line in compare(replayed) if line.differs or line.only_old
        }
        assert replayed[0].problem == ""
        assert wrong - {"links", "results[].links"} == set()
