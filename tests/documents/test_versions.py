"""Accept fields and ranges of versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import Versions, named_in, parse_date, parse_versions


@pytest.mark.parametrize("accept", [
    None, "", "*/*", "application/json", "text/html, */*;q=0.1", "application/vnd.atlasian.2023-01-01+json",
    "application/vnd.atlas.2023-01-01+json;q=0", "application/vnd.atlas.preview+json;q=0.000, */*",
    "application/vnd.atlas.2023-01-01+json;q=banana", "application/vnd.atlas.2023-01-01+json;q=-1",
])  # fmt: skip
def test_an_accept_without_a_date_names_nothing(accept):
    """No vendor type, or one that the caller does not accept, leaves the version open."""
    assert named_in(accept) is None


@pytest.mark.parametrize(
    ("accept", "day"),
    [
        ("application/vnd.atlas.2023-01-01+json", "2023-01-01"),
        ("APPLICATION/VND.ATLAS.2023-01-01+JSON", "2023-01-01"),
        (" application/vnd.atlas.2024-08-05+json ; charset=utf-8", "2024-08-05"),
        ("application/json, application/vnd.atlas.2024-08-05+json;q=0.2", "2024-08-05"),
        ("application/vnd.atlas.2023-02-01+json;q=0.5, application/vnd.atlas.2024-08-05+json", "2024-08-05"),
        ("application/vnd.atlas.2023-02-01+json, application/vnd.atlas.2024-08-05+json", "2023-02-01"),
        ("application/vnd.atlas.preview+json;q=0.1, application/vnd.atlas.2023-01-01+json; Q=0.2", "2023-01-01"),
        ("application/vnd.atlas.preview+json;q=0, application/vnd.atlas.2023-01-01+json;q=0.001", "2023-01-01"),
    ],
)
def test_the_best_weighted_range_names_the_date(accept, day):
    """Of several vendor types the one with the highest weight counts, of equals the first."""
    assert named_in(accept) == parse_date(day)


@pytest.mark.parametrize("accept", [
    "application/vnd.atlas.preview+json", "application/vnd.atlas.2023-01-01.upcoming+json",
    "application/vnd.atlas.2023-01-01+csv", "application/vnd.atlas.2023-01-01", "application/vnd.atlas+json",
    "application/vnd.atlas.2023-02-30+json", "application/vnd.atlas.0000-01-01+json",
    "application/vnd.atlas.2023-1-1+json", "application/vnd.atlas.٢٠٢٣-01-01+json",
    "application/vnd.atlas.2023-01-01+json+json",
])  # fmt: skip
def test_another_version_or_format_is_none_of_ours(accept):
    """A preview, an upcoming version, another format or garbage is for Atlas itself to answer."""
    assert named_in(accept) == ""


@given(st.text())
def test_no_accept_field_breaks_the_reading(text):
    """Any text names something, nothing, or another thing."""
    for accept in (text, f"application/vnd.atlas.{text}+json", f"application/vnd.atlas.2023-01-01+json;{text}"):
        assert isinstance(named_in(accept), str | None)


@pytest.mark.parametrize("text", ["", "2023", "2023-1-1", "2023-01-01 ", "2023-02-30", "x2023-01-01", "٢٠٢٣-01-01"])
def test_what_is_no_date_is_refused(text):
    """A date is YYYY-MM-DD and in the calendar."""
    with pytest.raises(ValueError, match=r"date|day"):
        parse_date(text)


@pytest.mark.parametrize(("text", "versions"), [
    (">=2023.1.1", Versions("2023-01-01")), (" >= 2023.1.1 , <2024.8.5", Versions("2023-01-01", "2024-08-05")),
    (">=2023.01.01,<2024.08.05", Versions("2023-01-01", "2024-08-05")),
])  # fmt: skip
def test_a_range_begins_and_may_end(text, versions):
    """The lower bound is the version that answers name; the upper one is no more of the range."""
    assert parse_versions(text) == versions
    days = [versions.first, versions.end or "9999-12-31", "2022-12-31"]
    assert [day in versions for day in days] == [True, not versions.end, False]


@pytest.mark.parametrize("text", [
    "", "<2024.8.5", ">2023.1.1", ">=2023.1.1,<2023.1.1", ">=2023.1.1,!=2023.1.1", ">=2023.1.1rc1", ">=2023.2.30",
    ">=0000.1.1", ">=\u0662023.1.1",
])  # fmt: skip
def test_any_other_range_is_refused(text):
    """A range has a first day, and perhaps the day that ends it."""
    with pytest.raises(ValueError, match="range of days"):
        parse_versions(text)
