"""Times as texts, and links of both interfaces; how rules translate values is in ``meanings.txt``."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import are_in_order, instant, is_usual_time
from tests.core.driver import BASE, answers, drive
from tests.core.small import EXACT, HEAD, field, read

TIME_PARTS = st.tuples(*(st.integers(0, most) for most in (9999, 13, 32, 25, 61, 61)))


@given(
    TIME_PARTS.map(lambda parts: "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parts))
    | st.text("0129-:TZtz.+ ")
)
def test_what_looks_like_a_time_is_one(text):
    """A text that passes the first look is a time, and one that does not is left to the second."""
    assert not is_usual_time(text) or instant(text) is not None


FORMS = st.sampled_from(
    ["%Y-%m-%dT%H:%M:%SZ"] * 9
    + ["%Y-%m-%dt%H:%M:%SZ", "%Y-%m-%dT%H:%M:%Sz", "%Y-%m-%dT%H:%M:%S.5Z"]
)
TIMES = st.builds(
    lambda time, form: time.strftime(form).zfill(len(form) + 2), st.datetimes(), FORMS
)


@given(st.lists(TIMES, max_size=4))
def test_texts_are_in_the_order_of_their_times(texts):
    """Sorted by text, they are sorted by time, where their forms allow it."""
    if are_in_order(texts):
        assert sorted(texts) == sorted(texts, key=lambda text: instant(text) or text)
    assert are_in_order(texts) is all(
        map(re.compile("[0-9-]+T[0-9:]+Z").fullmatch, texts)
    )


def test_links_of_both_interfaces_are_led_back():
    """A caller of the oldest one meets links of either, as upstream has them."""
    hrefs = ["/api/atlas/v1.0/groups", "/api/atlas/v2/groups"]
    said = answers({"links": [{"href": f"https://h{href}"} for href in hrefs]})
    engine = read(HEAD + field("links", "links", f'from = "links"\n{EXACT}'))
    driven = drive(engine, "/api/atlas/v1.0/things/t", [said])
    assert [one["href"] for one in driven.document["links"]] == [
        f"{BASE}{href}" for href in hrefs
    ]
