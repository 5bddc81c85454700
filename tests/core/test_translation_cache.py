"""The cache of translations."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from shim.core.memory import CachedTranslation, Memory, TranslationCache
from tests.core.driver import JOBS, LIST, SNAPSHOT, answers, drive

V1, V2 = f"/api/atlas/v1.0{LIST}", f"/api/atlas/v2{LIST}"


def made(content: bytes) -> CachedTranslation:
    return CachedTranslation(content=content, fields=(), dropped=())


def test_the_same_bytes_to_the_same_call_are_known():
    """A translation comes back for the call and the bytes it was made of, and for no others."""
    memo = TranslationCache()
    memo.keep("call", b"said", made(b"x"))
    assert memo.get("call", b"said") == made(b"x")
    assert memo.get("call", b"other") is None
    assert memo.get("other", b"said") is None


def test_keeping_the_same_again_takes_no_more_room():
    """Nor does it push out what was said besides."""
    memo = TranslationCache(limit=40)
    for _ in range(100):
        memo.keep("call", b"said", made(b"x"))
    memo.keep("other", b"said", made(b"y"))
    assert memo.get("call", b"said") is not None
    assert memo.get("other", b"said") is not None


def test_what_was_said_last_and_before_that_is_known():
    """A poller who hears two versions in turn finds both, and a third takes the place of the older one."""
    memo = TranslationCache()
    for said in (b"one", b"two"):
        memo.keep("call", said, made(said))
    for said in (b"one", b"two", b"one", b"one", b"two"):
        assert memo.get("call", said) == made(said)
        memo.keep("call", said, made(said))
    memo.keep("call", b"three", made(b"three"))
    assert [said for said in (b"one", b"two", b"three") if memo.get("call", said)] == [b"two", b"three"]


def test_all_that_was_said_to_a_call_counts():
    """What goes, and what takes another's place, gives its bytes back, so that the room never shrinks."""
    memo = TranslationCache(limit=40)
    for number in range(100):
        memo.keep(f"call{number % 7}", b"%05d" % number, made(b"12345"))
    assert sum(memo.get(f"call{number % 7}", b"%05d" % number) is not None for number in range(100)) == 4


def test_the_least_recently_used_makes_room():
    """Bytes are bounded: what was not asked for longest goes."""
    memo = TranslationCache(limit=20)
    for key in "abcd":
        memo.keep(key, b"123", made(b"45"))
    assert memo.get("a", b"123") is not None
    memo.keep("e", b"123", made(b"45"))
    assert [key for key in "abcde" if memo.get(key, b"123")] == ["a", "c", "d", "e"]


def test_a_large_translation_is_not_kept():
    """One big answer does not push out all the small ones."""
    memo = TranslationCache(limit=20)
    memo.keep("small", b"1", made(b"2"))
    memo.keep("large", b"123", made(b"456"))
    assert memo.get("small", b"1") is not None
    assert memo.get("large", b"123") is None


def test_threads_share_a_memo():
    """Many threads get each their own translation back, or none."""
    memo = TranslationCache(limit=200)

    def work(seed: int) -> bool:
        right = True
        for step in range(300):
            key = f"{(seed * step) % 30}"
            memo.keep(key, b"said", made(key.encode()))
            known = memo.get(key, b"said")
            right = right and known in {None, made(key.encode())}
        return right

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_the_same_bytes_are_translated_once(engine):
    """A poller's unchanged answer is made of the kept translation, with this answer's own fields."""
    memory, page = Memory(), {"results": [SNAPSHOT, 5, SNAPSHOT | {"status": "UNHEARD"}]}
    first = drive(engine, V2, [answers(page, headers=(("Date", "1"),))], memory=memory)
    again = drive(engine, V2, [answers(page, headers=(("Date", "2"),))], memory=memory)
    assert again.content == first.content
    assert dict(again.reply.headers)["Date"] == "2"
    assert again.outcome.record == first.outcome.record


@pytest.mark.parametrize(
    "change",
    [
        {"target": f"{V2}?pretty=true"},
        {"target": V1},
        {"target": V2.replace("c1", "c2")},
        {"base": "http://other"},
    ],
)
def test_another_call_is_translated_anew(engine, change):
    """Whatever the translation depends on keeps translations apart."""
    memory, page = Memory(), answers({"results": [SNAPSHOT, SNAPSHOT]})
    drive(engine, V2, [page], memory=memory)
    arguments = {"target": V2} | change
    fresh = drive(engine, **arguments, upstream=[page])
    assert drive(engine, **arguments, upstream=[page], memory=memory).content == fresh.content


def test_other_documents_do_not_get_old_translations(engine):
    """A memory that outlives a reload of the documents holds nothing against them."""
    from shim.core.recognise import Engine

    memory, page = Memory(), answers({"results": [SNAPSHOT]})
    drive(engine, V2, [page], memory=memory)
    other = Engine(engine.documents)
    match = other.recognise("GET", V2, ())
    known = engine.recognise("GET", V2, ())
    assert match is not None
    assert known is not None
    assert match.compiled != known.compiled
    assert drive(other, V2, [page], memory=memory).document["totalCount"] == 1


def test_what_looks_at_the_clock_is_translated_each_time(engine):
    """A download link expires while upstream's bytes stay the same."""
    job = {"id": "1", "deliveryType": "DOWNLOAD", "expirationDate": "2026-08-01T00:30:00Z", "status": "COMPLETED"}
    memory, target = Memory(), f"/api/atlas/v2{JOBS}/1"
    at = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
    assert drive(engine, target, [answers(job)], memory=memory, clock=at).document["expired"] is False
    assert drive(engine, target, [answers(job)], memory=memory, clock=at + 1801).document["expired"] is True
