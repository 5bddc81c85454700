"""What is known of a call that is made once more: what is sent, until when, and what other content becomes."""

import gc
import math
import random
from types import ModuleType

import pytest

from shim.core.context import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import BEFORE, GET, GONE, JOBS, LIST, NON_FLEX, SNAPSHOT, answers, drive, refuses
from tests.core.test_writers import FULL, LISTS, QUERIES, mutated

V2 = f"/api/atlas/v2{LIST}"
PAGE = answers({"results": [SNAPSHOT], "totalCount": 1})
SUNSET = 1769040000.0
TTL = 600


def repeated(driven):
    return None if driven.passed else driven.outcome.repeated


def translate(driven, content):
    """What other content becomes, in answer to the same call."""
    return repeated(driven).translate(content)


def hold_alike(engine, seed, count):
    """Answer calls with one list and then with another, and hold what the first became against an exchange's own."""
    chance, made = random.Random(seed), 0
    for _ in range(count):
        tier, kind, document = chance.choice(FULL)
        target = f"/api/atlas/v2{chance.choice(LISTS[kind])}{chance.choice(QUERIES)}"
        settings = Settings(route=RouteWord.SUCCESSOR)
        upstream = [NON_FLEX] if tier == "dedicated" else []
        memory = Memory()
        first = drive(engine, target, [*upstream, *[answers(document)] * 20], memory=memory, settings=settings)
        again = drive(engine, target, [*upstream, *[answers(document)] * 20], memory=memory, settings=settings)
        known = repeated(again) or repeated(first)
        other = answers(mutated(chance, {**document, "results": document["results"][:9]}))
        found = None if known is None else known.translate(other[2])
        expected = drive(engine, target, [*upstream, *[other] * 20], memory=memory, settings=settings)
        if found is not None:
            made += 1
            assert found == (expected.content, expected.outcome.record)
    return made


def test_other_content_becomes_what_an_exchange_makes_of_it(engine):
    """Or nothing is said of it: content and record are the same for whatever is written at once."""
    assert hold_alike(engine, 1, 150) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_much_other_content_becomes_what_an_exchange_makes_of_it(engine, seed):
    """The same, many times."""
    assert hold_alike(engine, seed, 500) > 80


def test_what_is_sent_is_known_from_the_sunset_on(engine):
    """The call as the successor gets it, and since when the date has decided it."""
    known = repeated(drive(engine, V2, [PAGE]))
    assert known.call.target.startswith("/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots?")
    assert (known.since, known.timeless) == (SUNSET + TTL, True)
    assert repeated(drive(engine, V2, [PAGE], clock=SUNSET + TTL - 1)) is None
    assert repeated(drive(engine, V2, [PAGE], settings=Settings(route=RouteWord.SUCCESSOR))).since == -math.inf
    jobs = drive(engine, f"/api/atlas/v2{JOBS}", [answers({"results": [{"id": "1"}]})])
    assert not repeated(jobs).timeless


@pytest.mark.parametrize(
    ("target", "upstream", "more"),
    [
        (V2, [answers({"results": []})], {"clock": BEFORE}),
        (V2, [GONE, PAGE], {"clock": BEFORE}),
        (V2, [NON_FLEX, PAGE], {}),
        (V2, [refuses(404, "X")], {}),
        (V2, [answers({"results": [SNAPSHOT], "links": [{"rel": "next"}]}), PAGE], {}),
        (V2, [PAGE], {"method": "HEAD"}),
        (V2, [answers({"x": 1})], {}),
        ("/api/atlas/v2/groups/g1/serverless", [answers({"results": [{"name": "a"}]})], {}),
    ],
    ids=["legacy", "learned", "two tiers", "error", "two pages", "HEAD", "unreadable", "blank"],
)
def test_what_may_end_by_itself_or_took_several_calls_is_not_repeated(engine, target, upstream, more):
    """Each such call is an exchange of its own."""
    assert repeated(drive(engine, target, upstream, **more)) is None


def test_a_decision_that_legacy_taught_is_not_repeated(engine):
    """It stands for ten minutes, and nobody would look whether they are over."""
    memory = Memory()
    drive(engine, V2, [GONE, PAGE], clock=BEFORE, memory=memory)
    second = drive(engine, V2, [PAGE], clock=BEFORE, memory=memory)
    assert second.routes == ("flex",)
    assert repeated(second) is None


def test_a_single_document_is_repeated_by_the_same_content_alone(engine):
    """What other content becomes is left to an exchange."""
    known = repeated(drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)]))
    assert known.timeless
    assert known.translate(answers(SNAPSHOT)[2]) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"results": []}', b'{"results": [1]}'])
def test_content_that_is_no_usual_list_is_left_to_an_exchange(engine, content):
    """Also when it can't be read."""
    assert translate(drive(engine, V2, [PAGE]), content) is None


def test_a_list_that_goes_on_is_left_to_an_exchange(engine):
    """Another page has to be asked for."""
    more = answers({"results": [SNAPSHOT], "links": [{"rel": "next"}]})
    assert translate(drive(engine, V2, [PAGE]), more[2]) is None


def test_content_is_bounded_anew_each_time(engine):
    """What was read of earlier content does not count."""
    known = repeated(drive(engine, V2, [PAGE], settings=Settings(body_limit=2 * len(PAGE[2])))).translate
    for _ in range(5):
        assert known(PAGE[2]) is not None
    assert known(b" " * 4 * len(PAGE[2]) + PAGE[2]) is None


def test_a_generation_ends_with_whatever_is_learned():
    """A word that is new, another, or known no more; the same word again is nothing new."""
    memory = Memory()
    seen = [memory.generation]
    for change in (
        lambda: memory.remember("c", "flex", 0.0),
        lambda: memory.remember("c", "dedicated", 1.0),
        lambda: memory.forget("c"),
        lambda: memory.remember("x", "410", 1.0),
        lambda: memory.remember("x", "410", 2000.0),
    ):
        change()
        assert memory.generation not in seen
        seen.append(memory.generation)
    memory.remember("x", "410", 2001.0)
    memory.forget("c")
    assert memory.generation == seen[-1]


def test_no_credentials_are_kept_for_other_content(engine):
    """What translates it reaches no field of the call's."""
    known = repeated(drive(engine, V2, [PAGE], headers=(("Authorization", "Bearer s3cret"),)))
    assert "s3cret" not in repr(known)
    seen, left = set(), [known.translate]
    while left:
        one = left.pop()
        assert type(one) is not str or one != "Bearer s3cret"
        if id(one) not in seen and not isinstance(one, type | ModuleType):
            seen.add(id(one))
            left += [other for other in gc.get_referents(one) if type(other) is not dict or "__builtins__" not in other]
