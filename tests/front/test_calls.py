"""Documents as regular expressions."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.versions import Named, named_in, parse_specifiers
from shim.front.calls import another_version

RANGES = [">=2023.1.1", ">=2023.1.1,<2025.3.19", ">=2023.1.1,<=2024.12.31", "==2024.9.9", ">=2023.1.1,!=2024.1.1"]
RANGES += [">2022.12.31,>=2023.1.1,<2029.10.31", ">=2023.1.1,~=2023.1.1", ">=2023.2.1,<9999.12.30"]
DAYS = st.dates(date(2022, 1, 1), date(2032, 12, 31)) | st.sampled_from([date(9999, 12, 30), date(9999, 12, 31)])


@given(st.sampled_from(RANGES), DAYS)
def test_another_version_is_never_one_of_the_range(text, day):
    """A date that the expression matches is beyond the range; one just behind a plain bound is matched."""
    versions, _ = parse_specifiers(text)
    named = named_in(accept := f"application/vnd.atlas.{day.isoformat()}+json")
    assert not isinstance(named, Named)
    if re.fullmatch(another_version(versions), accept, re.IGNORECASE):
        assert not versions.contains(named)


@pytest.mark.parametrize(
    ("text", "first"), [(RANGES[1], date(2025, 3, 19)), (RANGES[2], date(2025, 1, 1)), (RANGES[3], date(2024, 9, 10))]
)
def test_every_date_beyond_the_range_is_matched(text, first):
    """From the first day on, and not the day before."""
    expression = another_version(parse_specifiers(text)[0])
    found = [
        bool(re.fullmatch(expression, f"application/vnd.atlas.{first + timedelta(step)}+json", re.IGNORECASE))
        for step in (-1, 0, 1, 30, 365, 4000)
    ]
    assert found == [False, True, True, True, True, True]


WORDS = ["preview", "upcoming", "2030-01-01", "2023-01-01", "", "a", "+", "json", "q", "Q", "=", "0", "1"]
PIECES = st.sampled_from(["application/vnd.atlas", ".", "+json", ";", ",", " ", "\t", *WORDS])


@given(st.sampled_from(RANGES), st.lists(PIECES, max_size=9).map("".join))
def test_an_accept_field_that_is_matched_is_no_legacy_one(text, accept):
    """Whatever the field looks like: where the gateway would take it for the legacy version, it isn't matched."""
    versions, _ = parse_specifiers(text)
    if re.fullmatch(another_version(versions), accept, re.IGNORECASE):
        named = named_in(accept)
        assert named is Named.OTHER or (not isinstance(named, Named) and not versions.contains(named))
