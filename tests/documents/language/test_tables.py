"""Typed access to tables."""

import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.tables import DocumentSource, Table, key_path, read_template, same


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


@pytest.mark.parametrize("value", ["5", "true", "[]", "{}", "2026-01-01", "1.5", "nan"])
def test_a_text_is_a_text(value):
    """Any other type is named with its value."""
    one = table(f"x = {value}")
    assert one.text("x") == ""
    assert "must be a text, not" in noted(one)[0]
    assert noted(one)[0].startswith("x: ")


def test_a_text_that_is_missing_or_empty():
    """A required text must be there and say something; another has its default."""
    one = table('x = " "')
    assert one.text("x") == " "
    assert one.text("y") == ""
    assert one.text("z", default="d") == "d"
    assert noted(one) == ["x: must not be empty", "y: is missing; give a text"]


def test_a_word_is_one_of_the_allowed():
    """Another is named, with the nearest of them."""
    one = table('x = "pagee"\ny = "zzz"\nz = "one"')
    assert one.word("x", ("one", "page")) == "one"
    assert one.word("y", ("one", "page"), default="page") == "page"
    assert one.word("z", ("one", "page")) == "one"
    assert one.word("none", ("one", "page"), default="page") == "page"
    assert noted(one) == [
        "x: 'pagee' is not one of one, page; did you mean 'page'?",
        "y: 'zzz' is not one of one, page",
    ]


@pytest.mark.parametrize(
    ("text", "flag"), [("x = true", True), ("x = false", False), ("", False), ("x = 1", False), ('x = "true"', False)]
)
def test_a_flag_is_true_or_false(text, flag):
    """A number or a text is neither."""
    one = table(text)
    assert one.flag("x") is flag
    assert bool(noted(one)) is ("1" in text or '"' in text)


@pytest.mark.parametrize(("text", "texts"), [('x = "a"', ("a",)), ('x = ["a", "b"]', ("a", "b")), ("", ())])
def test_texts_are_one_or_a_list(text, texts):
    """One text counts as a list of one."""
    one = table(text)
    assert one.texts("x") == texts
    assert noted(one) == []


@pytest.mark.parametrize("value", ["5", "[]", "{}", "[1]", '["a", 1]', '[""]', '""', '[["a"]]', "true"])
def test_texts_are_nothing_else(value):
    """An empty list or another type says nothing."""
    one = table(f"x = {value}")
    assert one.texts("x") == ()
    assert "must be a text or a list of texts" in noted(one)[0]


def test_texts_can_be_required_and_are_told_apart():
    """What is missing or named twice is told."""
    one = table('x = ["a", "a"]')
    one.texts("x")
    one.texts("y", required=True)
    assert noted(one) == ["x: names something twice", "y: is missing; give a text or a list of texts"]


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


def test_a_missing_instant_is_told():
    """An instant is always required."""
    one = table("")
    one.instant("x")
    assert noted(one) == ["x: is missing; give a date such as 2026-01-22"]


def test_tables_know_where_they_stand():
    """Problems in tables and lists of tables name the whole path."""
    one = table('[a."b.c"]\nx = 1\n[[a.l]]\nx = 1\n[[a.l]]\nx = 2\n')
    inner = one.table("a")
    assert inner is not None
    for sub in (*inner.list_of_tables("l"), *inner.list_of_tables("b.c")):
        sub.text("x")
    assert [line.split(": ")[0] for line in noted(one)] == ["a.l[0].x", "a.l[1].x", 'a."b.c".x']


@pytest.mark.parametrize("value", ["5", '"x"', "[]", "[1]", "[{}, 1]"])
def test_what_is_no_table_is_told(value):
    """A value where a table is expected is named."""
    one = table(f"x = {value}")
    assert one.table("x") is None
    assert one.list_of_tables("x") == ()
    assert one.named_tables("x") == {}
    assert "must be a table, not" in noted(one)[0]


def test_a_table_of_tables_leaves_out_what_is_none():
    """Each value that is no table is told by name, and the others stay."""
    one = table("[x]\na = {}\nb = 5\n")
    assert list(one.named_tables("x")) == ["a"]
    assert noted(one) == ["x.b: must be a table, not 5"]


def test_missing_tables_are_nothing():
    """What is optional may be left out."""
    one = table("")
    assert (one.table("x"), one.named_tables("x"), one.list_of_tables("x")) == (None, {}, ())
    assert noted(one) == []


def test_keys_that_nobody_read_are_told_with_the_nearest_known():
    """A mistyped key would otherwise silently mean nothing."""
    one = table("patth = 1\nzzz = 2\nlater = 3")
    one.get("path")
    one.get("method")
    one.finish("later")
    assert noted(one) == [
        "patth: is no key of this table; did you mean 'path'?",
        "zzz: is no key of this table; known here: method, path",
    ]


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


def test_a_broken_template_is_told_once():
    """A template that is missing, empty or broken is one problem, and stands for nothing."""
    for text in ("", 'x = ""', 'x = "nothing"', "x = 5"):
        one = table(text)
        assert read_template(one, "x").segments == ()
        assert len(noted(one)) == 1
