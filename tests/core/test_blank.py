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


@pytest.mark.parametrize("target", [LIST, f"{LIST}/", ONE])
def test_before_the_day_legacy_answers(engine, target):
    """As long as its answers mean something nothing changes."""
    driven = drive(engine, target, [answers({"results": [OLD]})], clock=FILLED)
    assert (driven.routes, driven.passed) == (("legacy",), True)


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


@pytest.mark.parametrize("legacy", [refuses(401, "NO"), refuses(500, "NO"), refuses(410, "VERSION_GONE")])
def test_an_error_of_legacy_is_no_knowledge(engine, legacy):
    """The answer is flex's own; a 410 is remembered, so that legacy is not asked again."""
    memory = Memory()
    driven = drive(engine, ONE, [UNKNOWN, legacy], clock=BLANK, memory=memory)
    assert driven.reply.status == 404
    more = drive(engine, ONE, [UNKNOWN, LEGACY_UNKNOWN], clock=BLANK, memory=memory)
    assert more.routes == (("flex",) if legacy[0] == 410 else ("flex", "legacy"))


def test_a_page_past_the_end_is_no_ignorance(engine):
    """Flex has items, only not on this page."""
    driven = drive(engine, f"{LIST}?pageNum=7", [answers({"results": [], "totalCount": 3})], clock=BLANK)
    assert (driven.routes, driven.document["totalCount"]) == (("flex",), 3)


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


def test_other_errors_of_flex_lead_nowhere(engine):
    """Only a 404 says that flex knows nothing."""
    driven = drive(engine, ONE, [refuses(403, "NOT_ALLOWED")], clock=BLANK)
    assert (driven.routes, driven.passed) == (("flex",), True)


@pytest.mark.parametrize("route", [RouteWord.DATE, RouteWord.FLEX])
def test_only_auto_asks_legacy(engine, route):
    """A route that was set, or that the date decides, stays with its side."""
    driven = drive(engine, LIST, [NOTHING], clock=BLANK, settings=Settings(route=route))
    assert driven.routes == ("flex",)


def test_after_the_sunset_legacy_is_not_asked(engine):
    """It lives no more."""
    assert drive(engine, LIST, [NOTHING], clock=OVER).routes == ("flex",)


def test_an_error_of_flex_that_cannot_be_read_is_the_answer(engine):
    """It could not be given back once legacy was asked."""
    driven = drive(engine, ONE, [UNKNOWN], clock=BLANK, fault="the content is larger than 5 bytes")
    assert (driven.routes, driven.passed) == (("flex",), True)


def test_an_error_keeps_the_fields_that_hold_for_it(engine):
    """The legacy word stands in X-Error-Code too, where Atlas has that field."""
    bare = UNKNOWN[0], (("Content-Type", "application/json"),), UNKNOWN[2]
    for flex, said in ((UNKNOWN, "SERVERLESS_INSTANCE_NOT_FOUND"), (bare, None)):
        driven = drive(engine, ONE, [flex], clock=OVER)
        assert dict(driven.reply.headers).get("X-Error-Code") == said
        assert driven.document["errorCode"] == "SERVERLESS_INSTANCE_NOT_FOUND"


def test_legacy_is_not_asked_after_the_deadline(engine):
    """What flex said is the answer then."""
    clock = Clock(BLANK)

    def slow(call):
        clock.now += 61
        return NOTHING

    driven = drive(engine, LIST, slow, clock=clock)
    assert (driven.routes, driven.document["results"]) == (("flex",), [])


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        ("*/*", "application/vnd.atlas.2023-01-01+json"),
        ("application/vnd.atlas.2024-08-05+json", "application/vnd.atlas.2024-08-05+json"),
    ],
)
def test_legacy_is_asked_in_a_version_it_has(engine, accept, said):
    """A caller that names none has the oldest one, as on every other read."""
    driven = drive(engine, LIST, [NOTHING, NOTHING], clock=BLANK, headers=(("Accept", accept),))
    assert dict(driven.sends[1].call.headers)["Accept"] == said
