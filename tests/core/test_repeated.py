"""A repeated call: sent as before, answered from upstream's content, and decided again when it may differ."""

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
    """Return what is made of the content of a success of another call."""
    match = engine.recognize("GET", target, (("Accept", "*/*"),))
    return known.translate(match, target.partition("?")[0], content)


def expected(driven):
    """Return what an exchange made, in the same form."""
    record = driven.outcome.record
    return Translated(driven.content, record.fields, record.dropped)


def hold_alike(engine, seed, count):
    """Answer calls with one list and then with another, and hold what the first became against an exchange's own."""
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
            memory = Memory()  # the cluster is found anew
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
def test_odd_content_becomes_what_an_exchange_makes_of_it(engine, seed, count, least):
    """Or it is left to one: content and record are the same, whatever stands in a list."""
    assert hold_alike(engine, seed, count) > least


def test_what_is_sent_is_known_from_the_sunset_on(engine):
    """The call as the successor gets it, and since when the date has decided it."""
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
def test_what_may_end_by_itself_or_took_several_calls_is_not_repeated(
    engine, target, upstream, more
):
    """Each such call is an exchange of its own; nobody would look whether what was learned is too old."""
    memory = Memory()
    assert repeated(drive(engine, target, upstream, memory=memory, **more)) is None
    if upstream is LEGACY_TAUGHT:
        second = drive(engine, target, [PAGE], memory=memory, **more)
        assert second.routes == ("flex",)
        assert repeated(second) is None


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b'{"results": []}', b'{"results": [{"id": "1"}], "links": [{"rel":"next"}]}',
])  # fmt: skip
def test_content_that_may_lead_further_is_left_to_an_exchange(engine, content):
    """When it can't be read, when another page has to be asked for, and when nothing is there."""
    assert again(repeated(drive(engine, V2, [PAGE])), engine, V2, content) is None


@pytest.mark.parametrize(
    "said",
    [{"results": [1, SNAPSHOT]}, {"results": [{"id": "é"}, {"id": 5}]}, SNAPSHOT, {}],
)
def test_other_content_becomes_what_an_exchange_makes_of_it(engine, said):
    """A list with items that are none, or that lack much; and one document, without anything of it."""
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


def test_the_clock_that_a_rule_looks_at_is_that_of_the_answer(engine):
    """A link that was good when a list was asked for may have expired when it is asked for again."""
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


def test_content_is_bounded_anew_each_time(engine):
    """What was read of earlier content does not count."""
    known = repeated(
        drive(engine, V2, [PAGE], settings=Settings(body_limit=2 * len(PAGE[2])))
    )
    for _ in range(5):
        assert again(known, engine, V2, PAGE[2]) is not None
    assert again(known, engine, V2, b" " * 4 * len(PAGE[2]) + PAGE[2]) is None
