"""Reads whose legacy responses are empty now: flex comes first, then legacy if flex has no such object."""

from datetime import UTC, datetime

import pytest

from shim.core.messages import field
from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import GONE, Clock, answers, drive, linked, refuses
from tests.family.replay import VERSIONS, recordings

LIST = "/groups/g1/serverless"
READS = {"list": LIST, "list with a slash": f"{LIST}/", "get": f"{LIST}/shop"}
BLANK, LATE = (
    datetime(*day, tzinfo=UTC).timestamp() for day in ((2026, 6, 1), (2027, 2, 1))
)
NOTHING = answers({"links": [], "results": [], "totalCount": 0})
NO_CLUSTER = refuses(404, "CLUSTER_NOT_FOUND")
UNKNOWN = {
    "list": NOTHING,
    "list with a slash": answers({"results": []}),
    "get": NO_CLUSTER,
}
"""Flex's replies for unknown objects (recorded)."""
SAYS_NOTHING = {
    "list": NOTHING,
    "list with a slash": NOTHING,
    "get": refuses(404, "NOT_FOUND"),
}
"""The legacy replies since 2026-01-15 (specification; Atlas's own command)."""
OLDEST = "application/vnd.atlas.2023-01-01+json"
LATER = "application/vnd.atlas.2025-03-12+json"


def read(engine, which, *given, api="v2", query="", **more):
    """Read an instance, or list the instances."""
    return drive(
        engine,
        f"/api/atlas/{api}{READS[which]}{query}",
        given,
        **{"clock": BLANK, **more},
    )


@pytest.mark.parametrize(("which", "flex", "more"), [
    *[("get", refuses(status, "SOME_CODE"), {}) for status in (400, 401, 429, 500)],
    ("list", answers({"results": [], "totalCount": 3}), {"query": "?pageNum=7"}), ("get", NO_CLUSTER, {"clock": LATE}),
    ("get", NO_CLUSTER, {"settings": Settings(route=RouteWord.DATE)}),
    ("get", NO_CLUSTER, {"settings": Settings(route=RouteWord.FLEX)}),
    ("get", NO_CLUSTER, {"fault": "the content is larger than 5 bytes"}),
])  # fmt: skip
def test_only_flex_is_called(engine, which, flex, more):
    """Legacy is not called if flex has instances on other pages or replies with another error than 404.

    The same holds by date and by flag, and after legacy has ended. An unreadable error
    could not be passed through once legacy was called.
    """
    driven = read(engine, which, flex, **more)
    assert driven.routes == ("flex",)
    assert driven.outcome.record.sent[0].status == flex[0]


def test_legacy_is_not_called_after_the_deadline(engine):
    """The caller gets flex's reply."""
    clock = Clock(BLANK)

    def slow(call):
        clock.now += 61
        return NOTHING

    driven = drive(engine, f"/api/atlas/v2{LIST}", slow, clock=clock)
    assert driven.routes == ("flex",)
    assert driven.document["results"] == []


@pytest.mark.parametrize(
    ("accept", "sent"), [("*/*", OLDEST), (OLDEST, OLDEST), (LATER, LATER)]
)
def test_an_object_that_only_legacy_has_is_passed_through(engine, accept, sent):
    """Flex doesn't have it, so each recorded legacy read comes back unchanged.

    A caller without a version in Accept has the oldest version, and Atlas requires its
    name.
    """
    for exchange in [one for one in recordings("serverless-") if one.method == "GET"]:
        knows = bool(exchange.document.get("results", True))
        kind = exchange.path.endswith("/serverless")
        target = f"{exchange.path}?pretty=true&unknown=%2F"
        upstream = [
            NOTHING if kind else NO_CLUSTER,
            (exchange.status, exchange.headers, exchange.body.encode()),
        ]
        driven = drive(
            engine, target, upstream, headers=(("Accept", accept),), clock=BLANK
        )
        assert driven.routes == ("flex", "legacy")
        assert driven.passed == knows
        assert driven.targets[1] == target
        assert field(driven.sends[1].call.headers, "accept") == sent
        if knows:
            said = "; flex returned nothing, but the legacy endpoint did"
        else:
            said = "nor the legacy endpoint returned anything"
        assert driven.outcome.record.reason.endswith(said)


ERRORS = [
    refuses(401, "NO"),
    refuses(403, "NO"),
    refuses(500, "NO"),
    (503, (), b""),
    (404, (), b""),
]
UNREADABLE = [
    (200, (), b"?"),
    (200, (), b""),
    answers([]),
    answers({"results": None}),
    answers({"results": {}}),
]


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("which", READS)
def test_other_replies_of_legacy_are_ignored(engine, which, api):
    """After an empty reply, an error or an unreadable page the caller gets flex's reply, translated."""
    redirect = (302, (("Location", "/"),), b"")
    for legacy in (
        SAYS_NOTHING[which],
        redirect,
        *ERRORS,
        *(() if which == "get" else UNREADABLE),
    ):
        driven = read(engine, which, UNKNOWN[which], legacy, api=api)
        assert driven.routes == ("flex", "legacy")
        if which == "get":
            assert driven.reply.status == 404
            assert driven.document["errorCode"] == "SERVERLESS_INSTANCE_NOT_FOUND"
        else:
            document = driven.document
            assert driven.reply.status == 200
            assert document["results"] == []
            assert document.get("totalCount", 0) == 0
            assert (
                linked(document, "self").partition("?")[0] == f"/api/atlas/{api}{LIST}"
            )


@pytest.mark.parametrize("which", READS)
def test_a_410_from_legacy_is_remembered(engine, which):
    """The next call doesn't try legacy again."""
    memory = Memory()
    first = read(engine, which, UNKNOWN[which], GONE, memory=memory)
    second = read(engine, which, UNKNOWN[which], memory=memory)
    assert first.routes == ("flex", "legacy")
    assert second.routes == ("flex",)
    assert first.reply.status == second.reply.status
    assert first.content == second.content
