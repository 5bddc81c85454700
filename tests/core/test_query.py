"""The legacy query: parsing it, and writing it into links. ``meanings.txt`` has the successor's query."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.question import LegacyQuery, read_query
from shim.core.responses import CallError
from tests.core.driver import answers
from tests.core.small import NAME, PAGE, TARGET, asked


def page(raw: str) -> LegacyQuery:
    return read_query(raw, "page")


@pytest.mark.parametrize("raw", ["", "&", "&&", "pageNum=1&", "&pageNum=1"])
def test_the_contract_has_defaults(raw):
    """They are the first page of a hundred items, with a count and without an envelope.

    A superfluous ampersand is ignored.
    """
    query = page(raw)
    assert query.page == 1
    assert query.size == 100
    assert query.count is True
    assert query.envelope is False
    assert query.pretty is False
    assert query.rest == query.foreign == ()


@pytest.mark.parametrize(
    ("raw", "number"),
    [("1", 1), ("007", 7), ("%32", 2), ("0001000", 1000), ("9" * 18, 10**18 - 1)],
)
def test_a_number_is_a_positive_integer(raw, number):
    """Leading zeros and percent-encoding are allowed. A page has at most 500 items; the requested number is kept."""
    assert page(f"pageNum={raw}").page == number
    query = page(f"item%73PerPage={raw}")
    assert query.size == min(number, 500)
    assert query.asked == number


FLAGS = {"envelope": "envelope", "pretty": "pretty", "includeCount": "count"}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("=true", True),
        ("=True", True),
        ("=FALSE", False),
        ("=", True),
        ("", True),
        ("=%74rue", True),
    ],
)
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false_in_any_case(name, raw, value):
    """Python callers send True. A name without a value counts as true."""
    assert getattr(page(name + raw), FLAGS[name]) is value


NO_NUMBERS = (
    "0",
    "00",
    "-1",
    "+1",
    "1.0",
    "1e2",
    "",
    "%20",
    "1%20",
    "1_0",
    "0x1",
    "٣",
    "²",
    "9" * 5000,
    "NaN",
)
NO_FLAGS = ("1", "yes", "truee", "tru", "null", "%20true")


@pytest.mark.parametrize("name", ["pageNum", "itemsPerPage", *FLAGS])
def test_an_invalid_value_is_an_error_that_names_the_parameter(name):
    """Zero, negative numbers and words are not numbers, and only two words are flags."""
    for raw in NO_FLAGS if name in FLAGS else NO_NUMBERS:
        with pytest.raises(CallError) as caught:
            page(f"{name}={raw}")
        assert caught.value.parameters == (name,)


def test_unknown_parameters_stay_unchanged():
    """They keep bytes, order and repetitions. Known names have one spelling."""
    query = page("x=%C3%a4&pageNum=1&y&x=+&includeCount=true&z==&%zz=%ff&PageNum=5")
    assert query.foreign == ("x=%C3%a4", "y", "x=+", "z==", "%zz=%ff", "PageNum=5")
    assert query.rest == (
        "x=%C3%a4",
        "y",
        "x=+",
        "includeCount=true",
        "z==",
        "%zz=%ff",
        "PageNum=5",
    )


def test_a_single_resource_ignores_paging_parameters():
    """They aren't even validated."""
    query = read_query(
        "pageNum=zero&itemsPerPage=-1&includeCount=maybe&envelope=true&pretty=true",
        "one",
    )
    assert query.envelope is True
    assert query.pretty is True
    assert query.foreign == ("pageNum=zero", "itemsPerPage=-1", "includeCount=maybe")


@given(st.text())
def test_any_text_can_be_parsed(raw):
    """It is a query or a CallError that names a known parameter."""
    for shape in ("page", "one"):
        try:
            query = read_query(raw, shape)
        except CallError as error:
            query = LegacyQuery(rest=tuple(map(str, error.parameters)))
        assert 1 <= query.size <= 500
        assert query.page >= 1


@given(st.lists(st.tuples(st.text("abcxyz%+", min_size=1), st.text("abcxyz%+ä"))))
def test_a_link_has_all_parameters_of_the_caller(pairs):
    """Following it repeats the request with another page."""
    raw = "&".join(f"{name}={value}" for name, value in pairs)
    linked = page(raw).link(7, 100, own=True)
    assert parse_qsl(linked, keep_blank_values=True)[:-2] == parse_qsl(
        raw, keep_blank_values=True
    )
    assert page(linked).page == 7


def test_a_link_has_the_callers_own_values():
    """They are those of the legacy interface, not the successor's."""
    rules = '\n[operation.getThing.flex.query.state]\nvalues = { ready = "OK" }\n'
    driven = asked(PAGE + rules + NAME, [answers({"results": []})], "?state=ready")
    assert driven.document["links"][0]["href"].endswith(
        f"{TARGET}?state=ready&pageNum=1&itemsPerPage=100"
    )
