"""Reads whose legacy answers have gone blank: flex is asked first, and legacy where flex knows nothing."""

from datetime import UTC, datetime

import pytest

from shim.core.memory import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import Clock, answers, drive, refuses

LIST = "/api/atlas/v2/groups/g1/serverless"
ONE = f"{LIST}/shop"
BLANK = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
FILLED = datetime(2026, 1, 14, tzinfo=UTC).timestamp()
OVER = datetime(2027, 2, 1, tzinfo=UTC).timestamp()
CLUSTER = {"id": "1", "name": "shop", "stateName": "IDLE", "providerSettings": {"diskSizeGB": 5.0}}
OLD = {"id": "9", "name": "old", "stateName": "IDLE"}
NOTHING = answers({"results": [], "totalCount": 0})
UNKNOWN = refuses(404, "CLUSTER_NOT_FOUND")
LEGACY_UNKNOWN = refuses(404, "NOT_FOUND")


@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.DATE])
def test_from_that_day_on_flex_is_asked_first(engine, route):
    """What flex knows is the answer, and nobody else is asked."""
    settings = Settings(route=route)
    for target in (LIST, f"{LIST}/?itemsPerPage=5"):
        driven = drive(engine, target, [answers({"results": [CLUSTER]})], clock=BLANK, settings=settings)
        assert driven.routes == ("flex",)
        assert [item["name"] for item in driven.document["results"]] == ["shop"]
        assert driven.document["links"][0]["href"].startswith(
            "http://127.0.0.1:8480/api/atlas/v2/groups/g1/serverless?"
        )
    driven = drive(engine, ONE, [answers(CLUSTER)], clock=BLANK, settings=settings)
    assert (driven.routes, driven.document["name"]) == (("flex",), "shop")
    assert "since 2026-01-15 its answers mean nothing" in driven.outcome.record.reason


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


def test_every_page_of_a_list_comes_from_the_side_that_has_it(engine):
    """The second page of a list that legacy alone knows is legacy's too."""
    driven = drive(engine, f"{LIST}?pageNum=2", [NOTHING, answers({"results": [OLD], "totalCount": 101})], clock=BLANK)
    assert (driven.routes, driven.passed) == (("flex", "legacy"), True)


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
