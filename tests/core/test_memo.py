"""The memo of translations."""

from concurrent.futures import ThreadPoolExecutor

from shim.core.memo import Made, Memo


def made(content: bytes) -> Made:
    return Made(content=content, fields=(), dropped=())


def test_the_same_bytes_to_the_same_call_are_known():
    """A translation comes back for the call and the bytes it was made of, and for no others."""
    memo = Memo()
    memo.keep("call", b"said", made(b"x"))
    assert memo.get("call", b"said") == made(b"x")
    assert memo.get("call", b"other") is None
    assert memo.get("other", b"said") is None


def test_the_first_translation_stays():
    """Keeping the same again changes nothing and takes no more room."""
    memo = Memo(limit=40)
    for _ in range(100):
        memo.keep("call", b"said", made(b"x"))
    memo.keep("other", b"said", made(b"y"))
    assert memo.get("call", b"said") is not None
    assert memo.get("other", b"said") is not None


def test_the_least_recently_used_makes_room():
    """Bytes are bounded: what was not asked for longest goes."""
    memo = Memo(limit=20)
    for key in "abcd":
        memo.keep(key, b"123", made(b"45"))
    assert memo.get("a", b"123") is not None
    memo.keep("e", b"123", made(b"45"))
    assert [key for key in "abcde" if memo.get(key, b"123")] == ["a", "c", "d", "e"]


def test_a_large_translation_is_not_kept():
    """One big answer does not push out all the small ones."""
    memo = Memo(limit=20)
    memo.keep("small", b"1", made(b"2"))
    memo.keep("large", b"123", made(b"456"))
    assert memo.get("small", b"1") is not None
    assert memo.get("large", b"123") is None


def test_threads_share_a_memo():
    """Many threads get each their own translation back, or none."""
    memo = Memo(limit=200)

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
