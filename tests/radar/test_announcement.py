"""What field lines announce: dates as recorded and as the RFCs write them, and nothing that means nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.tools.radar.announcement import Announcement, read

CASES = json.loads((Path(__file__).parents[1] / "cases" / "announced.json").read_text("utf-8"))["replies"]
SUNSET = ("Sunset", "Thu, 01 Jul 2027 00:00:00 GMT")


def instant(day: str | None) -> float | None:
    return None if day is None else datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("case", CASES, ids=[case["of"] for case in CASES])
def test_recorded_fields_mean_their_dates(case):
    """Atlas' days are not padded, and its Deprecation is an HTTP date."""
    lines = tuple((name, case[name]) for name in ("Deprecation", "Sunset") if name in case)
    said = read(lines)
    assert said is not None
    assert [said.deprecation, said.sunset] == [instant(day) for day in case["instants"]]


@pytest.mark.parametrize(
    "value",
    [
        "@1722816000",  # RFC 9745
        "@1722816000;why=x",
        "Mon, 05 Aug 2024 00:00:00 GMT",
        "Monday, 05-Aug-24 00:00:00 GMT",  # RFC 850's form (RFC 9110, 5.6.7)
        "Sun, 05 Aug 2024 00:00:00 GMT",  # some count weekdays wrong
    ],
)
def test_deprecation_is_read_in_each_of_its_forms(value):
    """As the RFC has it, and as Atlas writes it."""
    assert read((("deprecation", value),)) == Announcement(None, 1722816000)


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2027-07-01", "2027-07-01T00:00:00Z", "@", "@-1", "@99999999999999999999", "@1.5", "true", "0",
     "Thu, 32 Jul 2027 00:00:00 GMT", "Thu, 01 Jul 99999 00:00:00 GMT", "Thu, 01 Jul 2027 00:00:00 +0200",
     "Thu, 01 Jul 2027 25:00:00 GMT", "\ud800 GMT", "GMT" * 50],
)  # fmt: skip
def test_malformed_values_are_nothing(value):
    """They are no dates, and so no announcement; they take nothing from the other field."""
    assert read((("Sunset", value), ("Deprecation", value), ("Date", SUNSET[1]))) is None
    assert read((("Sunset", value), ("Deprecation", "@9"))) == Announcement(deprecation=9)
    assert read((SUNSET, ("Deprecation", value))) == Announcement(sunset=instant("2027-07-01"))


@pytest.mark.parametrize(
    ("line", "link"),
    [
        ('<https://example.com/sunset>; rel="sunset"', "https://example.com/sunset"),
        ("<https://example.com/a>;rel=deprecation", "https://example.com/a"),
        ('<https://example.com/a>; rel="next", <https://example.com/b>; title="x, y"; rel="help sunset"',
         "https://example.com/b"),
        ('<https://user:secret@example.com/a?token=secret#x>; rel="sunset"', "https://example.com/a"),
        ('</relative>; rel="sunset"', ""),
        ('<https://example.com/groups/0123456789abcdef01234567>; rel="sunset"', ""),
        ('<https://[bad>; rel="sunset"', ""),
        ("<javascript:alert(1)>; rel=sunset", ""),
        (f"<https://example.com/{'x' * 300}>; rel=sunset", ""),
        ("rel=sunset", ""),
    ],
)  # fmt: skip
def test_the_link_that_explains_is_kept(line, link):
    """It is for people, and has neither a query, a credential nor an id in it."""
    said = read((SUNSET, ("Link", line)))
    assert said is not None
    assert said.link == link


@given(st.text(), st.text(), st.text())
def test_whatever_a_value_is_nothing_breaks(sunset, deprecation, link):
    """Upstream may say anything."""
    said = read((("Sunset", sunset), ("Deprecation", deprecation), ("Link", link)))
    assert said is None or (said.deprecation, said.sunset) != (None, None)
