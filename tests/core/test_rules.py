"""Times as texts, and links of both interfaces. ``meanings.txt`` has the translation of values."""

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
def test_the_fast_check_of_times_is_correct(text):
    """A text that passes it is a time; any other text goes to the full check."""
    assert not is_usual_time(text) or instant(text) is not None


FORMS = st.sampled_from(
    ["%Y-%m-%dT%H:%M:%SZ"] * 9
    + ["%Y-%m-%dt%H:%M:%SZ", "%Y-%m-%dT%H:%M:%Sz", "%Y-%m-%dT%H:%M:%S.5Z"]
)
TIMES = st.builds(
    lambda time, form: time.strftime(form).zfill(len(form) + 2), st.datetimes(), FORMS
)


@given(st.lists(TIMES, max_size=4))
def test_times_sort_like_their_texts(texts):
    """That holds where their formats allow it."""
    if are_in_order(texts):
        assert sorted(texts) == sorted(texts, key=lambda text: instant(text) or text)
    assert are_in_order(texts) is all(
        map(re.compile("[0-9-]+T[0-9:]+Z").fullmatch, texts)
    )


def test_links_of_both_interfaces_are_rewritten():
    """Upstream may link to either, and callers of the oldest interface get both."""
    hrefs = ["/api/atlas/v1.0/groups", "/api/atlas/v2/groups"]
    said = answers({"links": [{"href": f"https://h{href}"} for href in hrefs]})
    engine = read(HEAD + field("links", "links", f'from = "links"\n{EXACT}'))
    driven = drive(engine, "/api/atlas/v1.0/things/t", [said])
    assert [one["href"] for one in driven.document["links"]] == [
        f"{BASE}{href}" for href in hrefs
    ]
