"""A repeated call: reused from upstream's content when that is safe, and decided again when it may differ."""

import json
import math
import random

import pytest

from shim.core.messages import Translated
from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import (
    AFTER,
    BEFORE,
    GET,
    GONE,
    JOBS,
    LIST,
    NON_FLEX,
    SNAPSHOT,
    Clock,
    answers,
    drive,
    refuses,
    snapshots,
)
from tests.core.lists import FULL, LISTS, QUERIES, mutated

V2 = f"/api/atlas/v2{LIST}"
PAGE = answers({"results": [SNAPSHOT], "totalCount": 1})
OTHER = answers({"results": snapshots(3), "totalCount": 3})
SUNSET = 1769040000.0
TTL = 600
SETTINGS = Settings(route=RouteWord.SUCCESSOR)


def repeated(driven):
    if driven.passed:
        return None
    return driven.outcome.repeated


def again(known, engine, target, content):
    """Return the reused result for the content of a success."""
    match = engine.recognize("GET", target, (("Accept", "*/*"),))
    return known.translate(match, target.partition("?")[0], content)


def expected(driven):
    """Return the result of an exchange in the same form."""
    record = driven.outcome.record
    return Translated(driven.content, record.fields, record.dropped)


def hold_alike(engine, seed, count):
    """Call with one list and then with another, and compare the reused result with an exchange."""
    chance = random.Random(seed)
    made = 0
    for _ in range(count):
        tier, kind, document = chance.choice(FULL)
        target = f"/api/atlas/v2{chance.choice(LISTS[kind])}{chance.choice(QUERIES)}"
        first = [
            *([NON_FLEX] if tier == "dedicated" else []),
            *[answers(document)] * 20,
        ]
        memory = Memory()
        driven = [
            drive(engine, target, first, memory=memory, settings=SETTINGS)
            for _ in range(2)
        ]
        known = repeated(driven[1]) or repeated(driven[0])
        other = answers(
            mutated(chance, {**document, "results": document["results"][:9]})
        )
        target = target.replace("/c1", f"/c{chance.randrange(1, 4)}")
        if known is None:
            found = None
        else:
            found = again(known, engine, target, other[2])
        if found is not None:
            made += 1
            memory = Memory()  # the cluster must be found again
            whole = drive(
                engine,
                target,
                [*first[:-20], *[other] * 20],
                memory=memory,
                settings=SETTINGS,
            )
            assert found == expected(whole)
    return made


@pytest.mark.parametrize(
    ("seed", "count", "least"),
    [
        (1, 150, 100),
        *(pytest.param(seed, 500, 350, marks=pytest.mark.slow) for seed in range(2, 6)),
    ],
)
def test_unusual_content_equals_an_exchange(engine, seed, count, least):
    """Or it is left to an exchange. Content and record are equal, whatever the list has."""
    assert hold_alike(engine, seed, count) > least


def test_the_prepared_call_is_known_from_the_sunset_on(engine):
    """It has the successor's call, and the date since when it is valid."""
    known = repeated(drive(engine, V2, [PAGE]))
    assert known.call.target.startswith(
        "/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots?"
    )
    assert known.since == SUNSET + 2 * TTL
    assert known.timeless is True
    assert repeated(drive(engine, V2, [PAGE], clock=SUNSET + 2 * TTL - 1)) is None
    assert repeated(drive(engine, V2, [PAGE], settings=SETTINGS)).since == -math.inf
    assert not repeated(
        drive(engine, f"/api/atlas/v2{JOBS}", [answers({"results": [{"id": "1"}]})])
    ).timeless


LEGACY_TAUGHT = [GONE, PAGE]
NEXT = {"links": [{"rel": "next"}]}


@pytest.mark.parametrize(
    ("target", "upstream", "more"),
    [
        (V2, [answers({"results": []})], {"clock": BEFORE}),
        (V2, LEGACY_TAUGHT, {"clock": BEFORE}),
        (V2, [NON_FLEX, PAGE], {}),
        (V2, [refuses(404, "X")], {}),
        (V2, [answers({"results": [SNAPSHOT], **NEXT}), PAGE], {}),
        (V2, [PAGE], {"method": "HEAD"}),
        (V2, [answers({"x": 1})], {}),
        (
            "/api/atlas/v2/groups/g1/serverless",
            [answers({"results": [{"name": "a"}]})],
            {},
        ),
    ],
    ids=[
        "legacy",
        "learned",
        "two tiers",
        "error",
        "two pages",
        "HEAD",
        "unreadable",
        "blank",
    ],
)
def test_a_temporary_or_compound_decision_is_not_reused(engine, target, upstream, more):
    """Each such call has its own exchange; otherwise memory that is too old would stay in use."""
    memory = Memory()
    assert repeated(drive(engine, target, upstream, memory=memory, **more)) is None
    if upstream is LEGACY_TAUGHT:
        second = drive(engine, target, [PAGE], memory=memory, **more)
        assert second.routes == ("flex",)
        assert repeated(second) is None


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b'{"results": []}', b'{"results": [{"id": "1"}], "links": [{"rel":"next"}]}',
])  # fmt: skip
def test_content_that_may_need_another_call_is_left_to_an_exchange(engine, content):
    """It is unreadable, needs another page, or is empty."""
    assert again(repeated(drive(engine, V2, [PAGE])), engine, V2, content) is None


@pytest.mark.parametrize(
    "said",
    [{"results": [1, SNAPSHOT]}, {"results": [{"id": "é"}, {"id": 5}]}, SNAPSHOT, {}],
)
def test_other_content_equals_an_exchange(engine, said):
    """Examples are a list with invalid or incomplete items, and a single document without any known member."""
    if "results" in said:
        target = V2
    else:
        target = f"/api/atlas/v2{GET}"
    known = repeated(
        drive(
            engine,
            target,
            [PAGE if "results" in said else answers({"id": "1"})],
            settings=SETTINGS,
        )
    )
    driven = drive(engine, target, [answers(said)], settings=SETTINGS)
    assert again(known, engine, target, answers(said)[2]) == expected(driven)


def test_a_rule_uses_the_clock_of_its_own_response(engine):
    """A link that was valid in the first response may have expired in the next."""
    job = {
        "id": "1",
        "deliveryType": "DOWNLOAD",
        "expirationDate": "2026-08-01T00:30:00Z",
        "status": "COMPLETED",
    }
    said = answers({"results": [job]})
    clock = Clock()
    known = repeated(drive(engine, f"/api/atlas/v2{JOBS}", [said], clock=clock))
    for after, expired in ((1799, False), (1801, True)):
        clock.now = AFTER + after
        made = again(known, engine, f"/api/atlas/v2{JOBS}", said[2])
        assert json.loads(made.value)["results"][0]["expired"] is expired


def test_each_response_has_its_own_limits(engine):
    """Earlier content doesn't count."""
    known = repeated(
        drive(engine, V2, [PAGE], settings=Settings(body_limit=2 * len(PAGE[2])))
    )
    for _ in range(5):
        assert again(known, engine, V2, PAGE[2]) is not None
    assert again(known, engine, V2, b" " * 4 * len(PAGE[2]) + PAGE[2]) is None
