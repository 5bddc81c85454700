"""Kinds of JSON value."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.value_types import FITS, parse_time

GOOD: dict[str, list[Any]] = {
    "any": ["", 0, False, [], {}],
    "string": ["", "x", "2026-01-01T00:00:00Z"],
    "integer": [0, -1, 2**70],
    "number": [0, 1.5, -0.0, 2**70],
    "boolean": [True, False],
    "time": ["2026-01-01T00:00:00Z", "2026-01-01t00:00:00.123z", "2026-01-01T00:00:00+05:30"],
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
    "time": [None, 1700000000, "", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z"],
    "strings": [None, "x", [1], ["a", None], {}],
    "object": [None, [], "x", 1],
    "objects": [None, {}, [1], [{}, None]],
    "array": [None, {}, "x"],
    "links": [None, {}, "x"],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in GOOD.items() for value in values])
def test_a_value_of_its_kind_fits(kind, value):
    """Each kind takes what JSON has for it."""
    assert FITS[kind](value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BAD.items() for value in values])
def test_a_value_of_another_kind_does_not(kind, value):
    """Nothing is coerced: true is no number, 1.0 no integer, a date no time."""
    assert not FITS[kind](value)


def test_the_tables_of_this_test_are_complete():
    """Every kind is tried."""
    assert set(GOOD) == set(BAD) == set(FITS)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-08-02T17:05:10Z", datetime(2026, 8, 2, 17, 5, 10, tzinfo=UTC)),
        ("2026-08-02t17:05:10z", datetime(2026, 8, 2, 17, 5, 10, tzinfo=UTC)),
        ("2026-08-02T17:05:10.5Z", datetime(2026, 8, 2, 17, 5, 10, 500000, tzinfo=UTC)),
        ("2026-08-02T19:05:10+02:00", datetime(2026, 8, 2, 17, 5, 10, tzinfo=UTC)),
        ("2026-08-02T17:05:10.123456789Z", datetime(2026, 8, 2, 17, 5, 10, 123456, tzinfo=UTC)),
    ],
)
def test_a_time_is_an_instant(text, when):
    """RFC 3339 in every spelling names one instant."""
    assert parse_time(text) == when


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-02T25:00:00Z",
        "2026-08-02T17:05:60Z",
        "2026-08-02T17:05:10",
        "2026-08-02 17:05:10Z",
        "20260802T170510Z",
        "2026-08-02T17:05:10+0200",
        "2026-08-02T17:05:10Z\n",
        f"2026-08-02T17:05:10.{'1' * 100}Z",
    ],
)
def test_what_is_no_time_has_no_instant(text):
    """What RFC 3339 or the calendar does not have is no time."""
    assert parse_time(text) is None


@given(
    st.datetimes(
        timezones=st.builds(timezone, st.integers(-1439, 1439).map(lambda minutes: timedelta(minutes=minutes)))
    )
)
def test_every_aware_datetime_is_read_back(when):
    """What Python writes as RFC 3339 is the same instant again."""
    assert parse_time(when.isoformat()) == when


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())))
def test_no_value_breaks_a_test(value):
    """Any value fits or does not."""
    assert {type(fits(value)) for fits in FITS.values()} == {bool}
