"""What is known of a call for when it is made again: what was sent, and what becomes of other content."""

import gc
import json
import math
import random
import re
import tracemalloc
from types import ModuleType

import pytest

from shim.core.answer import AROUND, FRAMES
from shim.core.recognise import load_engine
from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings
from shim.core.writers import MISSES, ListWriter
from tests.core.driver import BEFORE, GET, GONE, JOBS, LIST, NON_FLEX, SNAPSHOT, answers, drive, refuses, snapshots
from tests.core.test_writers import FULL, LISTS, QUERIES, mutated

V2 = f"/api/atlas/v2{LIST}"
PAGE = answers({"results": [SNAPSHOT], "totalCount": 1})
OTHER = answers({"results": snapshots(3), "totalCount": 3})
SUNSET = 1769040000.0
TTL = 600
SETTINGS = Settings(route=RouteWord.SUCCESSOR)


def repeated(driven):
    return None if driven.passed else driven.outcome.repeated


@pytest.fixture(scope="module")
def unused():
    """An engine that has met few kinds of items: each list has functions for so many."""
    return load_engine({})


def hold_alike(engine, seed, count):
    """Answer calls with one list and then with another, and hold what the first became against an exchange's own."""
    chance, made = random.Random(seed), 0
    for _ in range(count):
        tier, kind, document = chance.choice(FULL)
        target = f"/api/atlas/v2{chance.choice(LISTS[kind])}{chance.choice(QUERIES)}"
        first = [*([NON_FLEX] if tier == "dedicated" else []), *[answers(document)] * 20]
        memory = Memory()
        driven = [drive(engine, target, first, memory=memory, settings=SETTINGS) for _ in range(2)]
        known = repeated(driven[1]) or repeated(driven[0])
        other = answers(mutated(chance, {**document, "results": document["results"][:9]}))
        found = None if known is None else known.translate(other[2])
        if found is not None:
            made += 1
            expected = drive(engine, target, [*first[:-20], *[other] * 20], memory=memory, settings=SETTINGS)
            assert found == (expected.content, expected.outcome.record)
    return made


@pytest.mark.parametrize(
    ("seed", "count", "least"),
    [(1, 150, 20), *(pytest.param(seed, 500, 80, marks=pytest.mark.slow) for seed in range(2, 6))],
)
def test_other_content_becomes_what_an_exchange_makes_of_it(engine, seed, count, least):
    """Or nothing is said of it: content and record are the same for whatever is written at once."""
    assert hold_alike(engine, seed, count) > least


def compact(document):
    """Return the JSON of a document as Atlas writes it."""
    return (*answers(document)[:2], json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())


def edited(chance, content):
    """Return JSON text with something odd in it, somewhere."""
    made = content
    for _ in range(chance.choice([1, 1, 2])):
        first = chance.randrange(len(made))
        last = min(first + chance.choice([0, 1, 1, 2, 20, 300]), len(made))
        piece = chance.choice([*ODD_TEXTS, made[first:last], made[first:last] * 2, made[first:last][::-1]])
        if chance.randrange(2):  # behind a mark, where values are
            first = max(made.find(chance.choice([b'":', b"},", b"[{", b'"', b"]"]), first), 0) + chance.randrange(3)
            last = first + chance.randrange(2)
        made = made[:first] + piece + made[last:]
    return made


ODD_TEXTS = [
    b"", b" ", b"\n", b"\x00", b"\x7f", b"\xff", "é".encode(), b"\\", b"\\u0041", b'"', b",", b"{", b"}", b"[", b"]",
    b"0", b"-", b"1e5", b"NaN", b"null,", b"true", b"{}", b"[]", b"{},", b',"id":"x"', b'"x":1,', b'"x":01,',
    b'"x":1.0,', b'"x":-0,', b'"results":[0],', b',"results":[1]', b'"links":[{"rel":"next"}],',
    b"2026-02-29T00:00:00Z", b"2026-04-31T00:00:00Z", b"0000-01-01T00:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 400), *(pytest.param(seed, 2000, marks=pytest.mark.slow) for seed in range(2, 6))]
)
def test_the_text_of_a_list_becomes_what_an_exchange_makes_of_it(engine, monkeypatch, seed, count):
    """Whatever stands in it: content and record are the same for what is written without decoding it."""
    chance, alike, undecoded = random.Random(seed), 0, []
    text = ListWriter.text

    def noted(*given):
        undecoded.append(text(*given))
        return undecoded[-1]

    monkeypatch.setattr(ListWriter, "text", noted)
    lists = [(kind, document) for tier, kind, document in FULL if tier == "flex"]
    for _ in range(count):
        kind, document = chance.choice(lists)
        document = {**document, "results": document["results"][: chance.choice([1, 2, 9])]}
        target = f"/api/atlas/v2{chance.choice(LISTS[kind])}{chance.choice(QUERIES)}"
        known = repeated(drive(engine, target, [compact(document)] * 20, settings=SETTINGS))
        other = (*compact(document)[:2], edited(chance, compact(document)[2]))
        found = None if known is None else known.translate(other[2])
        if found is not None:
            expected = drive(engine, target, [other] * 20, settings=SETTINGS)
            assert found == (expected.content, expected.outcome.record)
            alike += undecoded[-1] is not None
    assert alike > count / 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((b":5}", b":%b}" % number) for number in (b"05", b"5.", b"+5", b"-", b"1e999", b"9" * 400, b"tru", b"")),
        *((b"none", text) for text in (b"\x00", b"\n", b"\x7f", b"\\", b"\\x", b"\xff", b'"')),
        (b"[{", b"[0,{"), (b"}]", b"},0]"), (b"}]", b"}],"), (b"},{", b"}{"), (b"},{", b"},,{"), (b"},{", b"}[{"),
        (b"}]", b"}.0]"), (b"}]", b"}e0]"),
        (b'"totalCount"', b'"results":[{"":2.99999999999999999999}],"totalCount"'),
        (b'"results":[', b'"results":[1'), (b'"results":[', b'"results":[-'), (b'"results":', b'"results":[],"other":'),
        (b'"totalCount"', b'"results":[0],"totalCount"'), (b'"totalCount"', b'"results":[],"totalCount"'),
        (b'"totalCount"', b'"results":[{"":2}],"totalCount"'),
        (b'{"links":[],', b'{"links":[{"rel":"next"}],'), (b'"totalCount":2', b'"totalCount":3'), (b":2}", b":2"),
    ],
)  # fmt: skip
def test_a_text_that_is_nearly_usual_is_read_as_any_other(unused, old, new):
    """Or left to an exchange: what is odd may stand in a member that no rule reads, or around the items."""
    item = SNAPSHOT | {"note": "none", "size": 5}
    usual = compact({"links": [], "results": [item, item | {"id": "2"}], "totalCount": 2})
    target = f"{V2}?itemsPerPage=2"
    known = repeated(drive(unused, target, [usual], settings=SETTINGS))
    assert known.translate(usual[2]) is not None
    other = usual[2].replace(old, new)
    assert other != usual[2]
    driven = drive(unused, target, [(*usual[:2], other)] * 25, settings=SETTINGS)
    assert known.translate(other) in (None, (driven.content, driven.outcome.record))


def test_a_text_is_looked_at_until_many_were_odd(unused, monkeypatch):
    """Some odd lists between usual ones cost these nothing; if none is usual, no text is split in vain for long."""
    known = repeated(drive(unused, V2, [PAGE], settings=SETTINGS))
    usual = compact({"results": [SNAPSHOT, SNAPSHOT | {"id": "2"}], "totalCount": 2})[2]
    odd = usual.replace(b'"id":', b'"id": ')
    splits = []

    def noted(form):
        splits.append(form)
        return re.compile(form)

    monkeypatch.setattr("shim.core.writers._compiled", noted)
    for _ in range(4):
        assert len({known.translate(text) for text in (*[odd] * MISSES, usual)}) == 1
    assert len(splits) == 4 * (MISSES + 1)
    assert len({known.translate(odd) for _ in range(3 * MISSES)}) == 1
    assert len(splits) == 5 * (MISSES + 1)


def test_what_stands_around_items_is_kept_for_few_texts(engine):
    """Upstream that says another total each time costs no memory, nor does one that says much around its items."""
    target, job = f"/api/atlas/v2{JOBS}", {"id": "1", "deliveryType": "RESTORE", "status": "COMPLETED"}
    known = repeated(drive(engine, target, [compact({"results": [job], "totalCount": 1})], settings=SETTINGS))
    for total in [*range(3 * FRAMES), "x" * AROUND]:
        said = compact({"results": [job], "totalCount": total})
        driven = drive(engine, target, [said], settings=SETTINGS)
        assert known.translate(said[2]) == (driven.content, driven.outcome.record)


def test_a_long_text_around_items_is_not_kept(engine):
    """Upstream that says much beside each list costs no memory that nobody counts."""
    known = repeated(drive(engine, V2, [compact({"results": [SNAPSHOT], "x": 1})], settings=SETTINGS))
    texts = [compact({"results": [SNAPSHOT], "x": str(number) * 100_000})[2] for number in range(9)]
    tracemalloc.start()
    try:
        assert all(known.translate(text) for text in texts)
        assert tracemalloc.get_traced_memory()[0] < len(texts[0])
    finally:
        tracemalloc.stop()


def test_what_is_sent_is_known_from_the_sunset_on(engine):
    """The call as the successor gets it, and since when the date has decided it."""
    known = repeated(drive(engine, V2, [PAGE]))
    assert known.call.target.startswith("/api/atlas/v2/groups/g1/flexClusters/c1/backup/snapshots?")
    assert (known.since, known.timeless) == (SUNSET + TTL, True)
    assert repeated(drive(engine, V2, [PAGE], clock=SUNSET + TTL - 1)) is None
    assert repeated(drive(engine, V2, [PAGE], settings=SETTINGS)).since == -math.inf
    assert not repeated(drive(engine, f"/api/atlas/v2{JOBS}", [answers({"results": [{"id": "1"}]})])).timeless


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
        ("/api/atlas/v2/groups/g1/serverless", [answers({"results": [{"name": "a"}]})], {}),
    ],
    ids=["legacy", "learned", "two tiers", "error", "two pages", "HEAD", "unreadable", "blank"],
)
def test_what_may_end_by_itself_or_took_several_calls_is_not_repeated(engine, target, upstream, more):
    """Each such call is an exchange of its own; nobody would look whether what was learned is too old."""
    memory = Memory()
    assert repeated(drive(engine, target, upstream, memory=memory, **more)) is None
    if upstream is LEGACY_TAUGHT:
        second = drive(engine, target, [PAGE], memory=memory, **more)
        assert (second.routes, repeated(second)) == (("flex",), None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"results": []}',
        b'{"results": [1]}',
        b'{"results": [{"id": "1"}], "links": [{"rel":"next"}]}',
    ],
)
def test_content_that_is_no_usual_list_is_left_to_an_exchange(engine, content):
    """Also when it can't be read, or another page has to be asked for; and so is any other single document."""
    assert repeated(drive(engine, V2, [PAGE])).translate(content) is None
    known = repeated(drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)]))
    assert known.timeless
    assert known.translate(content) is None


def test_content_is_bounded_anew_each_time(engine):
    """What was read of earlier content does not count."""
    known = repeated(drive(engine, V2, [PAGE], settings=Settings(body_limit=2 * len(PAGE[2]))))
    for _ in range(5):
        assert known.translate(PAGE[2]) is not None
    assert known.translate(b" " * 4 * len(PAGE[2]) + PAGE[2]) is None


def test_what_is_known_holds_no_credentials(engine):
    """Nothing that makes the answers of other calls reaches those of the first."""
    translate = repeated(drive(engine, V2, [PAGE], headers=(("Authorization", "Bearer s3cret"),))).translate
    seen, left = set[int](), [translate]
    while left:
        one = left.pop()
        assert type(one) is not str or one != "Bearer s3cret"
        if id(one) not in seen and not isinstance(one, type | ModuleType):
            seen.add(id(one))
            left += [other for other in gc.get_referents(one) if type(other) is not dict or "__builtins__" not in other]
