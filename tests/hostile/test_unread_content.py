"""Request content is limited, blocks no other call, and is never parsed as a request when unread."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateway.credentials.worlds import (
    ALL,
    FLEX,
    OLD,
    RETIRED,
    UNTOUCHED,
    Signature,
    line,
    nonce_of,
    world,
)
from tests.hostile.calls import BACKUP, CALLS, JOB, LINES
from tests.hostile.crowds import behind
from tests.hostile.faults import CONTENT, JSON, message
from tests.hostile.rows import RESTORES, post
from tests.peers.raw import Peer, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

TARGETS = {
    "untouched": UNTOUCHED,
    "v2": RETIRED,
    "v1.0": OLD.replace("snapshots", "restoreJobs"),
}
FRAMINGS = {
    "length": ("Content-Length: 100000",),
    "chunks": ("Transfer-Encoding: chunked",),
}
framings = pytest.mark.parametrize("framing", FRAMINGS)
expectations = pytest.mark.parametrize(
    "expect", [(), ("Expect: 100-continue",)], ids=["", "expectation"]
)


@pytest.fixture(scope="module")
def seen():
    with world("verify", allow=ALL) as found:
        yield found


def request(target: str, *lines: str, host: str) -> bytes:
    return get(target, *lines, method="POST", host=host)


def is_last(peer: Peer, status: int) -> bytes:
    """Check that the reply comes at once without 100, has "close", and closes; return its content."""
    head, content = peer.message()
    assert status_of(head) == status
    assert value_of(head, "Connection") == "close"
    assert not peer.rest()
    return content


@pytest.mark.parametrize(
    "credentials", [(), ("Authorization: Basic eDp4",)], ids=["none", "a login"]
)
@framings
@expectations
@pytest.mark.parametrize("target", TARGETS)
def test_a_challenge_doesn_t_wait_for_content(
    seen, target, expect, framing, credentials
):
    """It is 401 and the connection closes. With a bearer token, credentials and content are upstream's to check."""
    before = len(seen.fake.arrivals)
    with calling(seen.gateway) as peer:
        peer.send(
            request(
                TARGETS[target],
                *expect,
                *FRAMINGS[framing],
                *credentials,
                host=seen.authority,
            )
        )
        is_last(peer, 401)
    assert len(seen.fake.arrivals) == before


@expectations
def test_a_request_in_place_of_content_is_not_answered(seen, expect):
    """A caller may send its next request after the final 401, and must not get another request's reply."""
    before = len(seen.fake.arrivals)
    following = get(UNTOUCHED, host=seen.authority)
    with calling(seen.gateway) as peer:
        peer.send(
            request(
                UNTOUCHED,
                *expect,
                f"Content-Length: {len(following)}",
                host=seen.authority,
            )
        )
        assert status_of(peer.message()[0]) == 401
        try:
            peer.send(following)
        except OSError:
            return
        assert not peer.rest()
    assert len(seen.fake.arrivals) == before


def test_expect_continue_works_with_digest(seen):
    """A careful client gets 401 and the end, signs on a new connection, gets 100 and then its reply."""
    signature = Signature(nonce_of(seen), uri=UNTOUCHED, method="POST")
    lines = (
        line(signature.parts),
        f"Accept: {FLEX}",
        "Expect: 100-continue",
        "Content-Length: 2",
    )
    with calling(seen.gateway) as peer:
        peer.send(
            request(
                UNTOUCHED, *lines, "Content-Type: application/json", host=seen.authority
            )
        )
        assert status_of(peer.take(b"\r\n\r\n")) == 100
        peer.send(b"{}")
        assert status_of(peer.message()[0]) not in {401, 502}


@framings
@expectations
def test_a_refusal_doesn_t_wait_for_content(expect, framing):
    """That covers every refusal: a forbidden path, and 503, after which callers retry with the same content."""
    with behind(max_requests=1) as (upstream, served):
        with calling(served) as peer:
            peer.send(post(*expect, *FRAMINGS[framing], target="/x/../y"))
            is_last(peer, 400)
        with calling(served) as first, calling(served) as peer:
            first.send(get("/hold"))
            until(lambda: upstream.held, "a call in flight")
            peer.send(post(*expect, *FRAMINGS[framing]))
            assert json.loads(is_last(peer, 503))["errorCode"] == "SHIM_BUSY"


def test_a_reply_reaches_a_caller_that_is_still_sending():
    """A caller that sends all its content before it reads finds the refusal instead of a reset."""
    size = 1 << 20
    with behind() as (_, served), calling(served) as peer:
        peer.send(post(f"Content-Length: {size}", target="/x/../y") + bytes(size))
        assert status_of(peer.message()[0]) == 400


LIMIT = 1024 * 1024
ATLAS = f"{BACKUP}/restoreJobs"
CHUNKED = "Transfer-Encoding: chunked"
ATTACKS = {
    "empty lists": lambda size: b"[" + b"[]," * (size // 3 - 2) + b"[]]",
    "empty objects": lambda size: b"[" + b"{}," * (size // 3 - 2) + b"{}]",
    "keys": lambda size: (
        b"{" + b",".join(b'"%07x":0' % number for number in range(size // 12)) + b"}"
    ),
    "nesting": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "nesting without an end": lambda size: b'{"a":' * (size // 5),
    "a number": lambda size: b"9" * size,
    "numbers": lambda size: b"[" + b"1e9," * (size // 4 - 1) + b"1]",
    "escapes": lambda size: b'"' + b"\\u0061" * (size // 6 - 1) + b'"',
}


def in_chunks(content: bytes, size: int = 1000) -> bytes:
    pieces = (content[start : start + size] for start in range(0, len(content), size))
    return (
        b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        + b"0\r\n\r\n"
    )


def framed(content: bytes, kind: str, target: str = ATLAS) -> bytes:
    """Return a create request with its content, framed by its length or in chunks."""
    if kind == "length":
        return post(
            *LINES, f"Content-Length: {len(content)}", content=content, target=target
        )
    return post(*LINES, CHUNKED, content=in_chunks(content), target=target)


@pytest.fixture(scope="module")
def site():
    """One gateway with the default limit."""
    with (
        replying(message(CONTENT, JSON)) as upstream,
        gateway(upstream.origin) as served,
    ):
        yield upstream, served


@pytest.mark.parametrize(
    "request_bytes",
    [
        *(
            post(*LINES, *expect, f"Content-Length: {length}", target=target)
            for target in (RESTORES, ATLAS)
            for expect in ((), ("Expect: 100-continue",))
            for length in (LIMIT + 1, 1 << 40)
        ),
        post(
            *LINES,
            CHUNKED,
            content=in_chunks(b" " * (LIMIT + 1)).removesuffix(b"0\r\n\r\n"),
            target=ATLAS,
        ),
        post(
            *LINES, CHUNKED, content=b"fffffff\r\n" + b" " * (LIMIT + 1), target=ATLAS
        ),
    ],
    ids=range(10),
)
def test_content_over_the_limit_is_refused(site, request_bytes):
    """A declared length is refused at once, chunks as soon as they exceed the limit. Nothing is sent upstream."""
    upstream, served = site
    upstream.heads.clear()
    with calling(served) as peer:
        peer.send(request_bytes)
        head, content = peer.message()
        assert status_of(head) == 413
        assert json.loads(content)["errorCode"].startswith("SHIM_")
        assert value_of(head, "Connection") == "close"
        assert not peer.rest()
    assert not upstream.heads


@pytest.mark.parametrize("kind", ["length", "chunks"])
def test_the_limit_is_exact_to_the_byte(kind):
    """Content of exactly the limit is translated, and one byte more is refused."""
    with (
        replying(message(CONTENT, JSON)) as upstream,
        gateway(upstream.origin) as served,
    ):
        for size, statuses in ((LIMIT, {200, 202}), (LIMIT + 1, {413})):
            content = JOB.encode() + b" " * (size - len(JOB))
            assert status_of(ask(served, framed(content, kind))[0]) in statuses
        assert len(upstream.heads) == 1


@pytest.mark.parametrize("kind", ["length", "chunks"])
def test_passed_content_has_no_limit(site, kind):
    """The content of a passed call is streamed, whatever its length."""
    upstream, served = site
    upstream.contents.clear()
    content = bytes(range(256)) * (8 * LIMIT // 256)
    assert status_of(ask(served, framed(content, kind, "/x"))[0]) == 200
    assert upstream.contents == [content]


def poured(served, request: bytes) -> int:
    """Send as much of a request as the gateway reads, and return the status of its reply."""
    with calling(served) as peer:
        with contextlib.suppress(OSError):
            peer.send(request)
        return status_of(peer.take(b"\r\n\r\n"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_expensive_content_within_the_limit_blocks_no_one(site, attack):
    """The worst content that fits the limit is refused, forty times at once, while others are served.

    If all forty come at the same time, some get 503 for lack of memory.
    """
    upstream, served = site
    upstream.heads.clear()
    request = framed(ATTACKS[attack](LIMIT - 100), "length")
    with ThreadPoolExecutor(40) as pool:
        got = [pool.submit(poured, served, request) for _ in range(40)]
        while not all(one.done() for one in got):
            assert status_of(ask(served, get("/other"))[0]) == 200
            assert status_of(ask(served, CALLS["retired GET"])[0]) == 200
    assert {one.result() for one in got} <= {400, 413, 422, 503}
    assert not any(head.startswith(b"POST") for head in upstream.heads)


def test_a_refused_caller_that_keeps_sending_is_cut(site):
    """Its connection is closed while it still sends."""
    with calling(site[1]) as peer:
        peer.send(post(*LINES, CHUNKED, target=ATLAS))

        def is_cut() -> bool:
            try:
                peer.send(b"10000\r\n" + b" " * LIMIT + b"\r\n")
            except OSError:
                return True
            return False

        until(is_cut, "the end of a connection that is poured into")
