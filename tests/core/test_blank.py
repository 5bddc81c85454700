"""Reads whose legacy answers have gone blank: flex is asked first, and legacy where flex knows nothing."""

from datetime import UTC, datetime

import pytest

from shim.core.context import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import Clock, answers, drive, refuses

LIST = "/api/atlas/v2/groups/g1/serverless"
ONE = f"{LIST}/shop"
BLANK, LATE = (datetime(*day, tzinfo=UTC).timestamp() for day in ((2026, 6, 1), (2027, 2, 1)))
OLD = answers({"id": "9", "name": "old", "stateName": "IDLE"})
OLD_LIST = answers({"results": [{"id": "9", "name": "old", "stateName": "IDLE"}]})
NOTHING, NO_COUNT = answers({"results": [], "totalCount": 0}), answers({"results": []})
UNKNOWN, LEGACY_UNKNOWN = refuses(404, "CLUSTER_NOT_FOUND"), refuses(404, "NOT_FOUND")
REDIRECT = (302, (("Location", "/"),), b"")
KNEW, BOTH_SILENT = (
    "; flex knew nothing, and the legacy endpoint did",
    "; neither flex nor the legacy endpoint knew anything",
)


@pytest.mark.parametrize(
    ("target", "upstream", "code", "reason"),
    [
        (LIST, [NOTHING, OLD_LIST], None, KNEW),
        (LIST, [NO_COUNT, OLD_LIST], None, KNEW),
        (ONE, [UNKNOWN, OLD], None, KNEW),
        (LIST, [NOTHING, NOTHING], None, BOTH_SILENT),
        (ONE, [UNKNOWN, LEGACY_UNKNOWN], "SERVERLESS_INSTANCE_NOT_FOUND", BOTH_SILENT),
        (ONE, [UNKNOWN, REDIRECT], "SERVERLESS_INSTANCE_NOT_FOUND", BOTH_SILENT),
    ],
)
def test_legacy_is_asked_where_flex_knows_nothing(engine, target, upstream, code, reason):
    """It stands if it alone knows something, which a success says; else flex' answer does, in legacy terms.

    So it is when the same empty page of flex is known from the call before.
    """
    memory = Memory()
    for _ in range(2):
        driven = drive(engine, target, upstream, clock=BLANK, memory=memory)
        record = driven.outcome.record
        assert (driven.routes, driven.passed) == (("flex", "legacy"), reason is KNEW)
        assert [sent.route for sent in record.sent] == ["flex", "legacy"]
        assert (record.route, record.reason.endswith(reason)) == ("legacy" if reason is KNEW else "flex", True)
        assert driven.sends[1].call.target == target
        if reason is BOTH_SILENT:
            assert driven.document["errorCode"] == code if code else driven.document["results"] == []


@pytest.mark.parametrize(
    ("target", "flex", "more"),
    [
        *[(ONE, refuses(status, "SOME_CODE"), {}) for status in (400, 401, 429, 500)],
        (f"{LIST}?pageNum=7", answers({"results": [], "totalCount": 3}), {}),
        (ONE, UNKNOWN, {"clock": LATE}),
        (ONE, UNKNOWN, {"settings": Settings(route=RouteWord.DATE)}),
        (ONE, UNKNOWN, {"settings": Settings(route=RouteWord.FLEX)}),
        (ONE, UNKNOWN, {"fault": "the content is larger than 5 bytes"}),
    ],
)
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
