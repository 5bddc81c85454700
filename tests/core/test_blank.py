"""Reads whose legacy answers have gone blank: flex is asked first, and legacy where flex knows nothing."""

from datetime import UTC, datetime

import pytest

from shim.core.context import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import Clock, answers, drive, refuses

LIST = "/api/atlas/v2/groups/g1/serverless"
ONE = f"{LIST}/shop"
BLANK, LATE = (datetime(*day, tzinfo=UTC).timestamp() for day in ((2026, 6, 1), (2027, 2, 1)))
OLD = {"id": "9", "name": "old", "stateName": "IDLE"}
NOTHING = answers({"results": [], "totalCount": 0})
UNKNOWN = refuses(404, "CLUSTER_NOT_FOUND")
LEGACY_UNKNOWN = refuses(404, "NOT_FOUND")


def test_legacy_stands_where_it_alone_knows_something(engine):
    """A project whose instances flex does not know keeps them while the legacy endpoint lives."""
    for target, flex, legacy in ((LIST, NOTHING, answers({"results": [OLD]})), (ONE, UNKNOWN, answers(OLD))):
        driven = drive(engine, target, [flex, legacy], clock=BLANK)
        assert (driven.routes, driven.passed) == (("flex", "legacy"), True)
        assert driven.outcome.record.route == "legacy"
        assert driven.outcome.record.reason.endswith("; flex knew nothing, and the legacy endpoint did")
        assert driven.sends[1].call.target == target


def test_both_silent_is_flex_answer_in_legacy_terms(engine):
    """An empty list, and a 404 with the legacy word; the record says who was asked."""
    driven = drive(engine, LIST, [NOTHING, NOTHING], clock=BLANK)
    assert (driven.document["results"], driven.document["totalCount"]) == ([], 0)
    driven = drive(engine, ONE, [UNKNOWN, LEGACY_UNKNOWN], clock=BLANK)
    assert driven.reply.status == 404
    assert driven.document["errorCode"] == "SERVERLESS_INSTANCE_NOT_FOUND"
    assert driven.outcome.record.route == "flex"
    assert [sent.route for sent in driven.outcome.record.sent] == ["flex", "legacy"]
    assert driven.outcome.record.reason.endswith("; neither flex nor the legacy endpoint knew anything")


def test_an_answer_that_was_translated_before_still_leads_on(engine):
    """The same empty page from flex, known from the call before, leads to legacy again."""
    memory = Memory()
    for _ in range(2):
        driven = drive(engine, LIST, [NOTHING, answers({"results": [OLD]})], clock=BLANK, memory=memory)
        assert driven.routes == ("flex", "legacy")


def test_a_first_page_of_nothing_needs_no_count(engine):
    """Without a count too, flex knows nothing where its first page has no item."""
    driven = drive(engine, LIST, [answers({"results": []}), answers({"results": [OLD]})], clock=BLANK)
    assert driven.routes == ("flex", "legacy")


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_other_errors_of_flex_are_the_answer(engine, status):
    """Only a 404 says that flex knows nothing."""
    driven = drive(engine, ONE, [refuses(status, "SOME_CODE")], clock=BLANK)
    assert (driven.routes, driven.passed) == (("flex",), True)


def test_a_page_past_the_end_is_no_ignorance(engine):
    """Flex has instances, only not on this page."""
    driven = drive(engine, f"{LIST}?pageNum=7", [answers({"results": [], "totalCount": 3})], clock=BLANK)
    assert (driven.routes, driven.document["totalCount"]) == (("flex",), 3)


@pytest.mark.parametrize("word", [RouteWord.AUTO, RouteWord.DATE, RouteWord.FLEX])
def test_legacy_is_asked_in_auto_and_before_its_sunset_alone(engine, word):
    """By date and by flag flex is asked alone, and so it is once legacy lives no more."""
    clock = LATE if word is RouteWord.AUTO else BLANK
    driven = drive(engine, ONE, [UNKNOWN], clock=clock, settings=Settings(route=word))
    assert (driven.routes, driven.reply.status) == (("flex",), 404)


def test_a_redirect_of_legacy_is_no_knowledge(engine):
    """Only a success says that there is such an instance; flex's 404 is the answer."""
    driven = drive(engine, ONE, [UNKNOWN, (302, (("Location", "/"),), b"")], clock=BLANK)
    assert (driven.routes, driven.reply.status) == (("flex", "legacy"), 404)


def test_an_error_of_flex_that_cannot_be_read_is_the_answer(engine):
    """It could not be given back once legacy was asked."""
    driven = drive(engine, ONE, [UNKNOWN], clock=BLANK, fault="the content is larger than 5 bytes")
    assert (driven.routes, driven.passed) == (("flex",), True)


def test_legacy_is_not_asked_after_the_deadline(engine):
    """What flex said is the answer then."""
    clock = Clock(BLANK)

    def slow(call):
        clock.now += 61
        return NOTHING

    driven = drive(engine, LIST, slow, clock=clock)
    assert (driven.routes, driven.document["results"]) == (("flex",), [])
