"""Templates of paths, and the types of values."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.templates import decoded, encoded, parse_template
from shim.documents.vocabulary import FITS, parse_time

DOTS = [
    "",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    ".%2E",
    "..;",
    "..;x=1",
    ".;",
    ";x",
    "%2e%2e%3bx",
]
SLASHES = ["%2F", "a%2fb", "a/b", "%5C", "a\\b", "%25", "%252F"]
OTHERS = [
    "%00",
    "%0a",
    "%7f",
    "%",
    "%4",
    "%zz",
    "%ff",
    "%c0%ae",
    "%ed%a0%80",
    "a#b",
    "a b",
    'a"b',
    "ä",
]
PLAIN = [
    "Cluster0",
    "a+b",
    "...",
    "a.b",
    "a;v=1",
    "~!$&'()*+,;=:@-_",
    "x!$&'()*+,;=:@-_~",
]
TEXTS: dict[str, str | None] = {
    "a%20b": "a b",
    "%C3%A4": "ä",
    "%c3%a4": "ä",
    "%23": "#",
    "%3F": "?",
    **{raw: raw for raw in PLAIN},
}
TEXTS |= dict.fromkeys([*DOTS, *SLASHES, *OTHERS])
"""What segments say, None where a server could read one as something else."""


def test_a_segment_is_decoded():
    """It has one text, unless it may be dots, slashes or controls, or is not raw."""
    assert {raw: decoded(raw) for raw in TEXTS} == TEXTS


@given(st.text())
def test_an_encoded_text_decodes_to_itself(text):
    """That holds for each text that a segment can contain, and the segment is plain ASCII."""
    raw = encoded(text)
    if raw is not None:
        assert decoded(raw) == text
        assert raw.isascii()
        assert not set(raw) & set("/?#\\")


def test_some_texts_have_no_segment():
    """A path can't contain them safely."""
    assert {
        *map(encoded, ["", ".", "..", "a/b", "a\\b", "\0", "%", "\ud800", "..;x"])
    } == {None}


@given(st.binary(max_size=12))
def test_bytes_are_decoded_as_by_the_standard_library(content):
    """An accepted segment has the text that ``urllib`` returns for it in UTF-8."""
    text = decoded(quote(content, safe=""))
    if text is not None:
        assert text.encode() == content == unquote_to_bytes(quote(content, safe=""))


def test_a_template_has_its_parameters_in_order():
    """They are listed as in the path."""
    template = parse_template("/groups/{groupId}/serverless/{clusterName}")
    assert template.parameters == ("groupId", "clusterName")
    assert template.segments == ("groups", "{groupId}", "serverless", "{clusterName}")


def test_a_template_inserts_raw_values():
    """They are inserted byte for byte: nothing is encoded, decoded or used as a template again."""
    template = parse_template("/groups/{groupId}/x/{name}")
    assert (
        template.build({"groupId": "%7Bname%7D{name}", "name": "a%2bB"})
        == "/groups/%7Bname%7D{name}/x/a%2bB"
    )
    with pytest.raises(KeyError):
        template.build({"groupId": "a"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a",
        "a/b",
        "/a/",
        "//a",
        "/a//b",
        "/a b",
        "/..",
        "/a/./b",
        "/{}",
        "/{a}{b}",
        "/x{a}",
        "/{1}",
        "/ä",
    ],
)
def test_an_invalid_template_is_refused(text):
    """A template is a path of fixed segments and whole parameters."""
    with pytest.raises(ValueError, match=r"slash|segment"):
        parse_template(text)


def test_a_parameter_occurs_once():
    """One name can't have two values."""
    with pytest.raises(ValueError, match="twice"):
        parse_template("/{a}/{a}")


GOOD: dict[str, list[Any]] = {
    "any": ["", 0, False, [], {}],
    "string": ["", "x", "2026-01-01T00:00:00Z"],
    "integer": [0, -1, 2**70],
    "number": [0, 1.5, -0.0, 2**70],
    "boolean": [True, False],
    "time": [
        "2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00.123z",
        "2026-01-01T00:00:00+05:30",
    ],
    "strings": [[], ["a", "b"]],
    "object": [{}, {"a": 1}],
    "objects": [[], [{}, {"a": 1}]],
    "array": [[], [1, None], [{"a": 1}, "x"]],
    "links": [[], [{"rel": "self"}], [1]],
}
BAD: dict[str, list[Any]] = {
    "any": [None],
    "string": [None, 1, True, ["x"], {}],
    "integer": [None, True, False, 1.0, "1", [1]],
    "number": [None, True, "1", float("nan"), float("inf")],
    "boolean": [None, 0, 1, "true"],
    "time": [
        None,
        1700000000,
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
    "strings": [None, "x", [1], ["a", None], {}],
    "object": [None, [], "x", 1],
    "objects": [None, {}, [1], [{}, None]],
    "array": [None, {}, "x"],
    "links": [None, {}, "x"],
}


def test_a_value_fits_only_its_own_type():
    """Nothing is converted: true is not a number, 1.0 not an integer, a date not a time."""
    assert GOOD.keys() == BAD.keys() == FITS.keys()
    assert [
        (kind, value) for kind in FITS for value in GOOD[kind] if not FITS[kind](value)
    ] == []
    assert [
        (kind, value) for kind in FITS for value in BAD[kind] if FITS[kind](value)
    ] == []


WHEN = datetime(2026, 8, 2, 17, 5, 10, tzinfo=UTC)
TIMES = {
    **dict.fromkeys(
        ["2026-08-02T17:05:10Z", "2026-08-02t17:05:10z", "2026-08-02T19:05:10+02:00"],
        WHEN,
    ),
    "2026-08-02T17:05:10.5Z": WHEN + timedelta(milliseconds=500),
    "2026-08-02T17:05:10.123456789Z": WHEN + timedelta(microseconds=123456),
}
LATE = [
    "2026-08-02T25:00:00Z",
    "2026-08-02T17:05:60Z",
    f"2026-08-02T17:05:10.{'1' * 100}Z",
]
UNLIKE = [
    "2026-08-02T17:05:10",
    "2026-08-02 17:05:10Z",
    "20260802T170510Z",
    "2026-08-02T17:05:10+0200",
]


def test_a_time_is_an_instant():
    """RFC 3339 in every notation means one instant; a text outside it or the calendar is not a time."""
    assert {text: parse_time(text) for text in TIMES} == TIMES
    assert not any(map(parse_time, [*LATE, *UNLIKE, "2026-08-02T17:05:10Z\n"]))


@given(
    st.datetimes(
        timezones=st.builds(
            timezone,
            st.integers(-1439, 1439).map(lambda minutes: timedelta(minutes=minutes)),
        )
    )
)
def test_every_aware_datetime_is_parsed(when):
    """Python's RFC 3339 text is the same instant again."""
    assert parse_time(when.isoformat()) == when
