"""Accept fields and ranges of versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import Versions, named_in, parse_date, parse_versions

ATLAS = "application/vnd.atlas."
OPEN = [
    None,
    "",
    "*/*",
    "application/json",
    "text/html, */*;q=0.1",
    "application/vnd.atlasian.2023-01-01+json",
]
OPEN += [f"{ATLAS}2023-01-01+json;q={weight}" for weight in ("0", "banana", "-1")]
OPEN += [f"{ATLAS}preview+json;q=0.000, */*"]
DATED = {
    f"{ATLAS}2023-01-01+json": "2023-01-01",
    "APPLICATION/VND.ATLAS.2023-01-01+JSON": "2023-01-01",
    f" {ATLAS}2024-08-05+json ; charset=utf-8": "2024-08-05",
    f"application/json, {ATLAS}2024-08-05+json;q=0.2": "2024-08-05",
    f"{ATLAS}2023-02-01+json;q=0.5, {ATLAS}2024-08-05+json": "2024-08-05",
    f"{ATLAS}2023-02-01+json, {ATLAS}2024-08-05+json": "2023-02-01",
    f"{ATLAS}preview+json;q=0.1, {ATLAS}2023-01-01+json; Q=0.2": "2023-01-01",
    f"{ATLAS}preview+json;q=0, {ATLAS}2023-01-01+json;q=0.001": "2023-01-01",
}
OTHERS = [
    "preview+json",
    "2023-01-01.upcoming+json",
    "2023-01-01+csv",
    "2023-01-01",
    "2023-02-30+json",
]
OTHERS += [
    "0000-01-01+json",
    "2023-1-1+json",
    "٢٠٢٣-01-01+json",
    "2023-01-01+json+json",
]


def test_an_accept_field_has_a_version():
    """The vendor type with the highest weight counts, of equal ones the first; without one the version is open.

    A preview, an upcoming version, another format or an invalid field is left to Atlas.
    """
    assert [accept for accept in OPEN if named_in(accept) is not None] == []
    assert {accept: named_in(accept) for accept in DATED} == {
        accept: parse_date(day) for accept, day in DATED.items()
    }
    others = [f"{ATLAS}{other}" for other in OTHERS]
    assert [
        accept
        for accept in [*others, "application/vnd.atlas+json"]
        if named_in(accept) != ""
    ] == []


@given(st.text())
def test_any_accept_field_is_parsed(text):
    """Any text means a version, none, or another format."""
    for accept in (
        text,
        f"application/vnd.atlas.{text}+json",
        f"application/vnd.atlas.2023-01-01+json;{text}",
    ):
        assert isinstance(named_in(accept), str | None)


@pytest.mark.parametrize(
    "text",
    ["", "2023", "2023-1-1", "2023-01-01 ", "2023-02-30", "x2023-01-01", "٢٠٢٣-01-01"],
)
def test_an_invalid_date_is_refused(text):
    """A date is YYYY-MM-DD and in the calendar."""
    with pytest.raises(ValueError, match=r"date|day"):
        parse_date(text)


@pytest.mark.parametrize(("text", "versions"), [
    (">=2023.1.1", Versions("2023-01-01")), (" >= 2023.1.1 , <2024.8.5", Versions("2023-01-01", "2024-08-05")),
    (">=2023.01.01,<2024.08.05", Versions("2023-01-01", "2024-08-05")),
])  # fmt: skip
def test_a_range_has_a_start_and_maybe_an_end(text, versions):
    """The lower bound is the version in replies; the upper one is outside the range."""
    assert parse_versions(text) == versions
    days = [versions.first, versions.end or "9999-12-31", "2022-12-31"]
    assert [day in versions for day in days] == [True, not versions.end, False]


@pytest.mark.parametrize("text", [
    "", "<2024.8.5", ">2023.1.1", ">=2023.1.1,<2023.1.1", ">=2023.1.1,!=2023.1.1", ">=2023.1.1rc1", ">=2023.2.30",
    ">=0000.1.1", ">=\u0662023.1.1",
])  # fmt: skip
def test_any_other_range_is_refused(text):
    """A range has a first day, and optionally the day that ends it."""
    with pytest.raises(ValueError, match="range of days"):
        parse_versions(text)
