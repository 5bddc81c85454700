"""The legacy query."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.question import LegacyQuery, read_query
from shim.core.responses import CallError


def page(raw: str) -> LegacyQuery:
    return read_query(raw, "page")


@pytest.mark.parametrize("raw", ["", "&", "&&", "pageNum=1&", "&pageNum=1"])
def test_the_contract_has_defaults(raw):
    """The first page of a hundred, with a count and no envelope; a superfluous ampersand changes nothing."""
    query = page(raw)
    assert (query.page, query.size, query.count, query.envelope, query.pretty) == (1, 100, True, False, False)
    assert query.rest == query.foreign == ()


@pytest.mark.parametrize(
    ("raw", "number"), [("1", 1), ("007", 7), ("%32", 2), ("0001000", 1000), ("9" * 18, 10**18 - 1)]
)
def test_a_number_is_a_positive_integer(raw, number):
    """Leading zeros and percent-encoding are spelling; a page has 500 items at most, and what was asked stays known."""
    assert page(f"pageNum={raw}").page == number
    query = page(f"item%73PerPage={raw}")
    assert (query.size, query.asked) == (min(number, 500), number)


@pytest.mark.parametrize(("raw", "size"), [("499", 499), ("500", 500), ("501", 500)])
def test_a_page_has_at_most_five_hundred_items(raw, size):
    """More is clamped."""
    assert page(f"itemsPerPage={raw}").size == size


FLAGS = {"envelope": "envelope", "pretty": "pretty", "includeCount": "count"}


@pytest.mark.parametrize(
    ("raw", "value"), [("=true", True), ("=True", True), ("=FALSE", False), ("=", True), ("", True), ("=%74rue", True)]
)
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false_in_any_case(name, raw, value):
    """Python callers write True; a name with nothing behind it counts as true."""
    assert getattr(page(name + raw), FLAGS[name]) is value


NO_NUMBERS = ("0", "00", "-1", "+1", "1.0", "1e2", "", "%20", "1%20", "1_0", "0x1", "٣", "²", "9" * 5000, "NaN")
NO_FLAGS = ("1", "yes", "truee", "tru", "null", "%20true")


@pytest.mark.parametrize(
    ("names", "raw"),
    [*((("pageNum", "itemsPerPage"), raw) for raw in NO_NUMBERS), *((tuple(FLAGS), raw) for raw in NO_FLAGS)],
)
def test_anything_else_is_an_error_that_names_the_parameter(names, raw):
    """Zero, negative numbers and words are no numbers, and only two words are flags."""
    for name in names:
        with pytest.raises(CallError) as caught:
            page(f"{name}={raw}")
        assert caught.value.parameters == (name,)


def test_the_first_of_repeated_parameters_counts():
    """A parameter given twice has its first value."""
    query = page("pageNum=2&pageNum=3&envelope=true&envelope=false")
    assert (query.page, query.envelope) == (2, True)


def test_unknown_parameters_stay_raw():
    """What this interface does not know is kept byte for byte, in order, repeated or not; names have one spelling."""
    query = page("x=%C3%a4&pageNum=1&y&x=+&includeCount=true&z==&%zz=%ff&PageNum=5")
    assert query.foreign == ("x=%C3%a4", "y", "x=+", "z==", "%zz=%ff", "PageNum=5")
    assert query.rest == ("x=%C3%a4", "y", "x=+", "includeCount=true", "z==", "%zz=%ff", "PageNum=5")


def test_one_resource_has_no_pages():
    """On a single resource paging parameters mean nothing and are not looked at."""
    query = read_query("pageNum=zero&itemsPerPage=-1&includeCount=maybe&envelope=true&pretty=true", "one")
    assert (query.envelope, query.pretty) == (True, True)
    assert query.foreign == ("pageNum=zero", "itemsPerPage=-1", "includeCount=maybe")


def test_links_have_the_recorded_orders():
    """``self`` ends in page and size, other links in size and page, after the caller's own parameters."""
    query = page("includeCount=true&pageNum=2&x=1&itemsPerPage=700")
    assert query.link(2, query.size, own=True) == "includeCount=true&x=1&pageNum=2&itemsPerPage=500"
    assert query.link(3, query.size, own=False) == "includeCount=true&x=1&itemsPerPage=500&pageNum=3"


@given(st.text())
def test_no_query_breaks_the_reading(raw):
    """Any text is a query or a CallError that names a known parameter."""
    for shape in ("page", "one"):
        try:
            query = read_query(raw, shape)
        except CallError as error:
            query = LegacyQuery(rest=tuple(map(str, error.parameters)))
        assert 1 <= query.size <= 500
        assert query.page >= 1


@given(st.lists(st.tuples(st.text("abcxyz%+", min_size=1), st.text("abcxyz%+ä"))))
def test_a_link_has_every_pair_of_the_caller(pairs):
    """Following a link asks the same question again, on another page."""
    raw = "&".join(f"{name}={value}" for name, value in pairs)
    linked = page(raw).link(7, 100, own=True)
    assert parse_qsl(linked, keep_blank_values=True)[:-2] == parse_qsl(raw, keep_blank_values=True)
    assert page(linked).page == 7
