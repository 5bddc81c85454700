"""Typed access to tables."""

import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.tables import DocumentSource, Table, key_path, same


def table(text, **overridden):
    return Table(
        tomllib.loads(text),
        DocumentSource("f.toml", overridden={k.replace("__", "."): v for k, v in overridden.items()}),
    )


def noted(one):
    return [line.removeprefix("f.toml: ") for line in one.source.problems]


@given(st.text(), st.text())
def test_a_key_path_is_valid_toml(outer, inner):
    """Whatever a key is made of, its path can be read back as a dotted key."""
    path = key_path(key_path("", outer), inner)
    if all(character.isprintable() for character in outer + inner):
        assert tomllib.loads(f"{path} = 1") == {outer: {inner: 1}}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1, True),
        (True, 1, False),
        (1.0, 1, False),
        ("1", 1, False),
        (None, None, True),
        ([1], [1], True),
        (1, 2, False),
    ],
)
def test_values_are_the_same_with_their_types(one, other, equal):
    """True is not 1 to the author of a document."""
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("value", "when"),
    [
        ("2026-01-22", datetime(2026, 1, 22, tzinfo=UTC)),
        ("2026-01-22T00:00:00Z", datetime(2026, 1, 22, tzinfo=UTC)),
        ("2026-01-22T01:00:00+02:00", datetime(2026, 1, 21, 23, tzinfo=UTC)),
    ],
)
def test_an_instant_is_a_date_or_has_an_offset(value, when):
    """A date is its midnight in UTC."""
    assert table(f"x = {value}").instant("x") == when


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ('"2026-01-22"', "without quotes"),
        ("5", "must be a date"),
        ("12:30:00", "must be a date"),
        ("2026-01-22T00:00:00", "needs a UTC offset, as in 2026-01-22T00:00:00Z"),
        ("0001-01-01T00:00:00+23:59", "is no instant in UTC"),
    ],
)
def test_any_other_instant_is_told(value, what):
    """A text, a local time or a time before the calendar is no instant."""
    one = table(f"x = {value}")
    assert one.instant("x").tzinfo is UTC
    assert what in noted(one)[0]


def test_tables_know_where_they_stand():
    """Problems in tables and lists of tables name the whole path."""
    one = table('[a."b.c"]\nx = 1\n[[a.l]]\nx = 1\n[[a.l]]\nx = 2\n')
    inner = one.table("a")
    assert inner is not None
    for sub in (*inner.list_of_tables("l"), *inner.list_of_tables("b.c")):
        sub.text("x")
    assert [line.split(": ")[0] for line in noted(one)] == ["a.l[0].x", "a.l[1].x", 'a."b.c".x']


def test_a_key_belongs_to_the_file_that_overrides_it():
    """Problems below an overridden key are the other file's, and those beside it are not."""
    one = table("[a.b]\nc = 1\n[a.bc]\nc = 1", a__b="own.toml")
    inner = one.table("a")
    assert inner is not None
    for name in ("b", "bc"):
        sub = inner.table(name)
        assert sub is not None
        sub.text("c")
        sub.wrong("", "whole")
    assert [line.split(": ")[:2] for line in one.source.problems] == [
        ["own.toml", "a.b.c"],
        ["own.toml", "a.b"],
        ["f.toml", "a.bc.c"],
        ["f.toml", "a.bc"],
    ]
    assert one.source.owner("a.b[0]") == "own.toml"


def test_a_problem_of_the_whole_file_has_no_path():
    """The file's name is enough then."""
    source = DocumentSource("f.toml")
    source.add("", "is broken")
    assert source.problems == ["f.toml: is broken"]
