"""Reads whose legacy answers have gone blank: flex is asked first, and legacy where flex knows nothing."""

from datetime import UTC, datetime

import pytest

from shim.core.settings import RouteWord, Settings
from tests.core.driver import Clock, answers, drive, refuses

LIST = "/api/atlas/v2/groups/g1/serverless"
ONE = f"{LIST}/shop"
BLANK, LATE = (datetime(*day, tzinfo=UTC).timestamp() for day in ((2026, 6, 1), (2027, 2, 1)))
NOTHING, UNKNOWN = answers({"results": [], "totalCount": 0}), refuses(404, "CLUSTER_NOT_FOUND")


@pytest.mark.parametrize(("target", "flex", "more"), [
    *[(ONE, refuses(status, "SOME_CODE"), {}) for status in (400, 401, 429, 500)],
    (f"{LIST}?pageNum=7", answers({"results": [], "totalCount": 3}), {}), (ONE, UNKNOWN, {"clock": LATE}),
    (ONE, UNKNOWN, {"settings": Settings(route=RouteWord.DATE)}),
    (ONE, UNKNOWN, {"settings": Settings(route=RouteWord.FLEX)}),
    (ONE, UNKNOWN, {"fault": "the content is larger than 5 bytes"}),
])  # fmt: skip
def test_flex_is_asked_alone(engine, target, flex, more):
    """If it has instances on other pages, or another error than 404; by date and by flag; once legacy lives no more.

    An error that can't be read could not be given back once legacy was asked.
    """
    driven = drive(engine, target, [flex], **{"clock": BLANK, **more})
    assert (driven.routes, driven.outcome.record.sent[0].status) == (("flex",), flex[0])


def test_legacy_is_not_asked_after_the_deadline(engine):
    """What flex said is the answer then."""
    clock = Clock(BLANK)

    def slow(call):
        clock.now += 61
        return NOTHING

    driven = drive(engine, LIST, slow, clock=clock)
    assert (driven.routes, driven.document["results"]) == (("flex",), [])
