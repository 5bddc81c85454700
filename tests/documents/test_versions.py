"""Accept fields and version specifiers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from shim.documents.versions import Named, lowest, named_in, overlap, parse_date, parse_specifiers, written


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "application/*",
        "text/html, */*;q=0.1",
        "application/vnd.github+json",
        "application/vnd.atlasian.2023-01-01+json",
        "application/vnd.atlas.2023-01-01+json;q=0",
        "application/vnd.atlas.preview+json;q=0.000, */*",
        "application/vnd.atlas.2023-01-01+json;q=banana",
        "application/vnd.atlas.2023-01-01+json;q=nan",
        "application/vnd.atlas.2023-01-01+json;q=-1",
    ],
)
def test_an_accept_without_a_date_names_nothing(accept):
    """No vendor type, or one that the caller does not accept, leaves the version open."""
    assert named_in(accept) is Named.NOTHING


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


@pytest.mark.parametrize(
    "accept",
    [
        "application/vnd.atlas.preview+json",
        "application/vnd.atlas.2023-01-01.upcoming+json",
        "application/vnd.atlas.2023-01-01+csv",
        "application/vnd.atlas.2023-01-01+gzip",
        "application/vnd.atlas.2023-01-01+json-seq",
        "application/vnd.atlas.2023-01-01",
        "application/vnd.atlas+json",
        "application/vnd.atlas.+json",
        "application/vnd.atlas.2023-13-01+json",
        "application/vnd.atlas.2023-02-30+json",
        "application/vnd.atlas.0000-01-01+json",
        "application/vnd.atlas.2023-1-1+json",
        "application/vnd.atlas.20230101+json",
        "application/vnd.atlas.٢٠٢٣-01-01+json",
        "application/vnd.atlas.2023-01-01+json+json",
    ],
)
def test_another_version_or_format_is_none_of_ours(accept):
    """A preview, an upcoming version, another format or garbage is for Atlas itself to answer."""
    assert named_in(accept) is Named.OTHER


@given(st.text())
def test_no_accept_field_breaks_the_reading(text):
    """Any text names something, nothing, or another thing."""
    for accept in (text, f"application/vnd.atlas.{text}+json", f"application/vnd.atlas.2023-01-01+json;{text}"):
        assert isinstance(named_in(accept), Version | Named)


@given(st.dates())
def test_a_date_is_written_as_it_was_read(day):
    """Reading and writing a date are inverse."""
    assert written(parse_date(day.isoformat())) == day.isoformat()


@pytest.mark.parametrize("text", ["", "2023", "2023-1-1", "2023-01-01 ", "2023-02-30", "x2023-01-01", "٢٠٢٣-01-01"])
def test_what_is_no_date_is_refused(text):
    """A date is YYYY-MM-DD and in the calendar."""
    with pytest.raises(ValueError, match=r"date|day"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (">=2023.1.1", "2023-01-01"),
        (">=2023.1.1,<2024.8.5", "2023-01-01"),
        ("==2024.8.5", "2024-08-05"),
        (">=2023.1.1,>=2023.2.1", "2023-02-01"),
        (">=2023.01.01", "2023-01-01"),
        (">=2023.1.1,!=2023.2.1", "2023-01-01"),
    ],
)
def test_a_specifier_set_has_a_first_version(text, first):
    """The lower bound is the version that answers name."""
    assert written(lowest(parse_specifiers(text))) == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-01-01",
        "<2024.8.5",
        ">2023.1.1",
        ">=2023.1.1,<2023.1.1",
        ">=2023.1.1,!=2023.1.1",
        ">=2023.1",
        ">=2023.1.1rc1",
        ">=2023.13.1",
        ">=2023.2.30",
        "==2023.*",
        "===banana",
        ">=2023.1.1,===banana",
        ">=1!2023.1.1",
        ">=2023.1.1.dev1",
    ],
)
def test_a_specifier_without_a_first_date_is_refused(text):
    """A set that is no set of dates with a beginning says nothing that could be compared."""
    with pytest.raises(ValueError, match=r"specifier|lower bound|first version|date"):
        parse_specifiers(text)


BOUND = st.tuples(st.sampled_from([">=", "<=", ">", "<", "==", "!="]), st.dates(date(2023, 1, 25), date(2023, 2, 4)))


@given(st.lists(BOUND, min_size=1, max_size=3), st.lists(BOUND, min_size=1, max_size=3))
def test_overlap_agrees_with_trying_every_day(one, other):
    """Two sets overlap when a real day satisfies both."""
    sets = [
        SpecifierSet(",".join(f"{operator}{day.year}.{day.month}.{day.day}" for operator, day in bounds))
        for bounds in (one, other)
    ]
    days = [date(2023, 1, 1) + timedelta(days=step) for step in range(60)]
    both = [day for day in days if all(one.contains(f"{day.year}.{day.month}.{day.day}") for one in sets)]
    assert overlap(*sets) == bool(both)
