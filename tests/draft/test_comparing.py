"""Pairs run through a document: what counts as equal, and what is told of what does not."""

import pytest

from shim.core.recognise import Engine
from shim.documents import load_documents
from shim.draft.comparing import compare
from shim.draft.replay import replay
from shim.errors import SettingsError

DOCUMENT = """
format = 1
name = "things"

[operation.getThing]
method = "GET"
path = "/things/{name}"
versions = ">=2023.1.1,<2026.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01
resource = "thing"

[operation.getThing.tier.successor]
path = "/api/atlas/v2/things/{name}"
version = "2026-01-01"

[operation.listThings]
method = "GET"
path = "/things"
versions = ">=2023.1.1,<2026.1.1"
deprecated = 2026-01-01
sunset = 2027-01-01
shape = "page"
resource = "thing"

[operation.listThings.tier.successor]
path = "/api/atlas/v2/things"
version = "2026-01-01"
paging = "collected"

[resource.thing]
rest = true
without = ["new"]

[resource.thing.gone]
type = "string"
tier.successor = { absent = true, why = "It is gone." }

[resource.thing.over]
type = "boolean"
tier.successor = { passed = "ends", fidelity = "derived", why = "It is what the time says." }
"""
GET = "/api/atlas/v2/things/a"


@pytest.fixture
def lines(tmp_path, recorded):
    """Return a function that runs pairs of old and new answers through the document; it returns a line by field."""
    (tmp_path / "things.toml").write_text(DOCUMENT)
    engine = Engine(load_documents([tmp_path / "things.toml"]))

    def lines(*answers, path=GET, **more):
        pairs = [{"path": path, "old_version": "2023-01-01", "old": old, "new": new, **more} for old, new in answers]
        replayed = replay(engine, recorded(*pairs))
        assert not [one.problem for one in replayed if one.problem]
        return {line.field: line for line in compare(replayed)}

    return lines


def test_each_kind_of_difference_is_counted(lines):
    """Equal, differs, on one side alone; the first pair that is not equal is the example."""
    found = lines(({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "d": 1}), ({"a": 1, "b": 1}, {"a": 1, "b": 2}))
    counts = {name: (one.equal, one.differs, one.only_old, one.only_made) for name, one in found.items()}
    assert counts["a"] == (2, 0, 0, 0)
    assert counts["b"] == (1, 1, 0, 0)
    assert counts["c"] == (0, 0, 1, 0)
    assert counts["d"] == (0, 0, 0, 1)
    assert (found["b"].line, found["b"].expected, found["b"].got) == (2, 1, 2)


def test_what_is_declared_absent_is_no_difference(lines):
    """It was there, and the document says that it can't be known."""
    line = lines(({"gone": "x"}, {}))["gone"]
    assert (line.only_old, line.absent, line.good) == (1, True, True)


def test_a_field_of_the_document_that_no_pair_has_is_told(lines):
    """Nothing was proved of it."""
    line = lines(({"a": 1}, {"a": 1}))["over"]
    assert (line.total, line.good) == (0, True)


def test_true_is_not_one_and_one_is_one_point_nought(lines):
    """Values are compared as JSON has them."""
    found = lines(({"a": True, "b": 1}, {"a": 1, "b": 1.0}))
    assert (found["a"].differs, found["b"].equal) == (1, 1)


def test_items_of_lists_have_one_name(lines):
    """A pair counts once for a field, however many items have it; one that differs is enough."""
    found = lines(({"l": [{"x": 1}, {"x": 2}]}, {"l": [{"x": 1}, {"x": 3}]}))
    assert (found["l[].x"].differs, found["l[].x"].equal, found["l[].x"].got) == (1, 0, 3)


def test_lists_of_other_lengths_differ_as_a_whole(lines):
    """There is no telling which items belong together."""
    assert lines(({"l": [{"x": 1}]}, {"l": []}))["l"].differs == 1


def test_links_may_lead_to_another_origin(lines):
    """The place is what counts; a page's own links may say the query in another order."""
    thing = {"links": [{"rel": "self", "href": "http://localhost:8080/x"}]}
    moved = {"links": [{"rel": "self", "href": "https://cloud.mongodb.com/x"}]}
    elsewhere = {"links": [{"rel": "self", "href": "https://cloud.mongodb.com/y"}]}
    assert lines((thing, moved))["links[].href"].good
    assert not lines((thing, elsewhere))["links[].href"].good
    link = {"rel": "self", "href": "http://localhost:8080/api/atlas/v2/things?pageNum=1&itemsPerPage=100"}
    page = {"links": [link], "results": [], "totalCount": 0}
    assert lines((page, page), path="/api/atlas/v2/things")["links[].href"].good


def test_pages_are_collected_from_one_answer(lines):
    """A pair's new page is the first; there is no second one."""
    page = {"results": [{"a": 1}], "totalCount": 1}
    assert lines((page, page), path="/api/atlas/v2/things")["results[].a"].equal == 1


def test_rules_of_time_ask_when_a_pair_was_recorded(lines):
    """What was over then and is not now, or the other way round, proves nothing."""
    new = {"ends": "2026-02-01T00:00:00Z"}
    assert lines(({"over": False}, new), recorded="2026-01-01")["over"].equal == 1
    assert lines(({"over": True}, new), recorded="2026-03-01T00:00:00+01:00")["over"].equal == 1


def test_a_pair_that_is_none_of_the_document_is_a_problem(tmp_path, recorded):
    """It is told by its path and Accept, and so is one that becomes an error."""
    (tmp_path / "things.toml").write_text(DOCUMENT)
    engine = Engine(load_documents([tmp_path / "things.toml"]))
    pairs = recorded(
        {"path": "/api/atlas/v2/sheds", "old_version": "2023-01-01", "old": {}, "new": {}},
        {"path": GET, "old_version": "2026-01-01", "old": {}, "new": {}},
        {"path": GET, "old_version": "2023-01-01", "old": {}, "new": "broken"},
    )
    first, second, third = (one.problem for one in replay(engine, pairs))
    assert first == (
        "no operation of the document is /api/atlas/v2/sheds with Accept: application/vnd.atlas.2023-01-01+json"
    )
    assert "2026-01-01" in second
    assert third


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "line 1 is no JSON"),
        ("[]", "line 1 has no path and no old and no new"),
        ('{"path": "/a", "old": 1}', "line 1 has no new"),
        ('{"path": 1, "old": 1, "new": 1}', "line 1: path and versions must be texts"),
        ("", "has no pairs"),
    ],
)
def test_a_bad_line_of_pairs_is_told(tmp_path, line, what):
    """With its number, and what it needs."""
    from shim.draft.pairs import read_pairs

    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(SettingsError, match=what):
        read_pairs(tmp_path / "p.jsonl")
