"""Prepared exchanges: each response, upstream call and count is the same as without preparation."""

import gzip
import json
import random
import re
import threading
from datetime import UTC, datetime
from unittest import mock

import attrs
import pytest

from shim.gateway.allow import parse_allow
from shim.gateway.plan import Plan
from shim.gateway.prepared import MAX_REPEATS, RepeatedCall, Repeats
from tests.core.lists import FULL, LISTS, mutated
from tests.family.replay import recordings
from tests.peers.raw import raw_upstream, replying, until
from tests.peers.scripted import GONE, NO_CLUSTER, NON_FLEX, error, ok, wire
from tests.peers.served import ask, calling, connect, gateway, get, status_of

PATH = "/api/atlas/v2/groups/g1/serverless/c1/backup/snapshots"
ACCEPT = "Accept: application/vnd.atlas.2023-01-01+json"
BEARER = "Authorization: Bearer s3cret"
SUNSET = datetime(2026, 1, 22, tzinfo=UTC).timestamp()
AFTER = SUNSET + 86400.0

BODIES = [
    document for tier, kind, document in FULL if (tier, kind) == ("flex", "snapshot")
]
JOBS = [document for tier, kind, document in FULL if kind == "restore"]


@attrs.define
class World:
    """The gateway's surroundings: a clock, and upstream's next responses.

    Without a response the connection ends.
    """

    now: float = AFTER
    replies: list[bytes] = attrs.field(factory=list)
    heads: list[bytes] = attrs.field(factory=list)
    connections: int = 0


def without_numbers(head: bytes) -> bytes:
    """Return a head without the parts that differ in each run."""
    head = re.sub(rb"\r\nDate: [^\r]*|\r\nX-Request-Id: [^\r]*", b"", head)
    return re.sub(rb"atlas-shim-[0-9a-f]{8}|127\.0\.0\.1:\d+", b"*", head)


def counted(served):
    """Return the ledger's counts of a gateway's calls, without times."""
    ledger = served.ledger
    ways = {names: way.statuses for names, way in ledger.ways.items()}
    seen = {
        key: one.calls
        for found in (ledger.callers, ledger.errors)
        for key, one in found.items()
    }
    return ways, seen, dict(ledger.failures)


def played(events, **options):
    """Play events to a new gateway; return responses, upstream calls and counts.

    An event is a request with upstream's responses to it, or a change in the
    surroundings.
    """
    world = World()
    lock = threading.Lock()

    def talk(peer):
        while True:
            head, _ = peer.message()
            with lock:
                world.heads.append(head)
                if world.replies:
                    said = world.replies.pop(0)
                else:
                    said = b""
            if not said:
                return
            peer.send(said)
            if b"Connection: close" in said:
                return

    got = []
    with (
        raw_upstream(talk) as raw,
        gateway(raw.origin, now=lambda: world.now, **options) as served,
    ):
        peer = connect(served)
        for event in events:
            if callable(event):
                event(served, world)
                continue
            request, *world.replies = event
            peer.send(request)
            head = peer.take(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if request.startswith(b"HEAD") or length is None:
                content = b""
            else:
                content = peer.count(int(length[1]))
            got.append((without_numbers(head), content))
            if b"Connection: close" in head:
                peer.close()
                peer = connect(served)
        peer.close()
        until(lambda: not served._handler.limits.count, "all calls have ended")
        return got, [without_numbers(head) for head in world.heads], counted(served)


def alike(events, **options):
    """Compare a gateway with a cache to one without; return how many calls came from the cache."""
    answered = []
    answer = RepeatedCall._reply

    def noting(self, *words, **more):
        answered.append(1)
        return answer(self, *words, **more)

    with mock.patch.object(RepeatedCall, "_reply", noting):
        remembering = played(events, **options)
    with mock.patch.object(Repeats, "find", return_value=None):
        plain = played(events, **options)
    assert remembering[0] == plain[0]
    assert remembering[1] == plain[1]
    assert remembering[2] == plain[2]
    return len(answered)


def chunked(document, coding=""):
    """Return a response in chunks, perhaps compressed."""
    body = json.dumps(document).encode()
    body, line = (
        (gzip.compress(body, mtime=0), "Content-Encoding: gzip\r\n")
        if coding
        else (body, "")
    )
    pieces = [body[start : start + 700] for start in range(0, len(body), 700)]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{line}Transfer-Encoding: chunked\r\n\r\n".encode()
    return (
        head
        + b"".join([b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces])
        + b"0\r\n\r\n"
    )


def with_field(reply, line):
    """Return a response with one more field line."""
    return reply.replace(b"\r\n", b"\r\n" + line.encode() + b"\r\n", 1)


CALL = get(PATH, ACCEPT, BEARER)
ONE, TWO, THREE = (ok(document) for document in BODIES[:3])


def calls(*replies):
    """Return the same call once for each response."""
    return [(CALL, reply) for reply in replies]


def test_a_known_body_gets_the_same_response():
    """So does another body, a repeated one, and one with another head."""
    assert (
        alike(calls(ONE, ONE, TWO, ONE, with_field(TWO, "X-Upstream: 5"), THREE)) == 5
    )


ODD_REPLIES = {
    "chunks": chunked(BODIES[0]),
    "chunked gzip": chunked(BODIES[0], "gzip"),
    "gzip": with_field(
        wire(200, (), gzip.compress(json.dumps(BODIES[1]).encode(), mtime=0)),
        "Content-Encoding: gzip",
    ),
    "broken gzip": with_field(ok(BODIES[0]), "Content-Encoding: gzip"),
    "unknown coding": with_field(ok(BODIES[0]), "Content-Encoding: br"),
    "not found": error(404, "RESOURCE_NOT_FOUND"),
    "refused": error(403, "USER_UNAUTHORIZED"),
    "too many": with_field(error(429, "RATE_LIMITED"), "Retry-After: 5"),
    "failed": error(500, "UNEXPECTED_ERROR"),
    "challenged": with_field(
        wire(401, (), b"{}"),
        'WWW-Authenticate: Digest realm="x", nonce="y", qop="auth"',
    ),
    "redirected": with_field(wire(302), "Location: http://elsewhere/"),
    "no content": wire(204),
    "accepted": ok(BODIES[0], 202),
    "garbage": wire(200, (), b"{"),
    "no list": ok({"results": 5}),
    "empty": ok({"results": [], "totalCount": 0}),
    "goes on": ok({**BODIES[0], "totalCount": 500}),
    "announced": with_field(ok(BODIES[0]), "Sunset: Sat, 31 Oct 2026 23:59:59 GMT"),
    "malformed": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{",
    "ended": b"",
    "odd fields": with_field(
        ONE, "Connection: close, X-Gone\r\nX-Gone: 1\r\nETag: x\r\nX-Kept: \xe9"
    ),
}


@pytest.mark.parametrize("reply", ODD_REPLIES.values(), ids=ODD_REPLIES)
def test_an_odd_response_is_handled_as_without_a_cache(reply):
    """It is requested once, and passed on or translated, and so are later ones."""
    alike(
        [(CALL, ONE), (CALL, reply, TWO), (CALL, ONE), (CALL, reply, TWO), (CALL, TWO)]
    )


def test_a_lost_connection_repeats_a_read_once():
    """As without a cache: if upstream closes a persistent connection silently, there is one more call."""
    alike(calls(ONE, b"", ONE))
    got, heads, _ = played([(CALL, ONE), (CALL,)])
    assert len(heads) == 3
    assert got[1][0].startswith(b"HTTP/1.1 502")


def test_credentials_stay_with_their_call():
    """Wherever they are; a Digest signature can't be reused, and none is stored."""
    said = [
        CALL, get(PATH, ACCEPT, "Authorization: Bearer other"), get(PATH, ACCEPT), get(PATH, BEARER, ACCEPT),
        get(PATH, ACCEPT, 'Authorization: Digest username="a", uri="/"'),
        get(PATH, ACCEPT, "authorization: Bearer s3cret"),
        get(PATH, ACCEPT, "Cookie: a=b"), get(PATH, ACCEPT, BEARER, "Connection: Authorization"),
    ]  # fmt: skip
    order = [0, 0, 1, 2, 2, 1, 3, 3, 4, 0, 4, 5, 5, 0, 6, 6, 7, 0, 7]
    assert alike([(said[number], ONE) for number in order]) == 9


def test_other_methods_and_queries_are_separate_calls():
    """HEAD, and other queries, versions, hosts and encodings."""
    said = [
        CALL, get(PATH, ACCEPT, BEARER, method="HEAD"), get(f"{PATH}?pretty=true", ACCEPT, BEARER),
        get(f"{PATH}?itemsPerPage=2&pageNum=2", ACCEPT, BEARER), get(f"{PATH}?envelope=true", ACCEPT, BEARER),
        get(PATH.replace("v2", "v1.0"), BEARER), get(PATH, ACCEPT, BEARER, host="other"),
        get(f"{PATH}/x", ACCEPT, BEARER),
        get(PATH, ACCEPT, BEARER, "Accept-Encoding: gzip", "X-Request-Id: mine", "User-Agent: curl/8"),
        get(f"{PATH}?x=1", ACCEPT, BEARER), get(f"{PATH}?pageNum=x", ACCEPT, BEARER),
    ]  # fmt: skip
    events = [
        (call, ok(document))
        for document in (*BODIES[:2], *BODIES[:2])
        for call in (*said, CALL)
    ]
    assert alike(events) > 20


def test_a_list_that_depends_on_the_clock_is_current():
    """A job's link expires although upstream's response is unchanged."""
    path = PATH.replace("snapshots", "restoreJobs")
    job = {
        "id": "1",
        "deliveryType": "DOWNLOAD",
        "expirationDate": "2026-01-23T00:30:00Z",
        "status": "COMPLETED",
    }

    def later(_, world):
        world.now += 3600

    call = (get(path, ACCEPT, BEARER), ok({"results": [job], "totalCount": 1}))
    assert alike([call, call, later, call, call]) == 3


def test_a_sunset_ends_earlier_decisions():
    """Before it legacy is called, and its results stay valid for a while."""

    def at(seconds):
        return lambda _, world: setattr(world, "now", SUNSET + seconds)

    events = [
        at(-5),
        *calls(ONE, ONE),
        at(1),
        *calls(ONE, TWO),
        at(1300),
        *calls(ONE, TWO, ONE),
    ]
    assert alike([*events, at(-5), *calls(ONE, ONE)]) == 2


def test_a_reload_ends_earlier_decisions():
    """The next call follows the new route or sunset."""

    def by(**changes):
        def reload(served, _):
            served.apply(
                Plan(
                    attrs.evolve(served.options, **changes), served._handler.plan.engine
                )
            )

        return reload

    later = {"snapshots": datetime(2030, 1, 1, tzinfo=UTC)}
    assert (
        alike(
            [
                *calls(ONE, TWO),
                by(sunset=later),
                *calls(ONE, ONE),
                by(sunset={}),
                *calls(ONE, TWO),
            ]
        )
        == 2
    )


def test_new_observations_end_earlier_decisions():
    """Such as a cluster that moved to another tier and back, or another operation's 410."""
    dedicated = ok(
        {
            "results": [
                {"id": "1", "createdAt": "2026-01-01T00:00:00Z", "status": "completed"}
            ],
            "totalCount": 1,
        }
    )
    other = get(PATH.replace("serverless/c1", "serverless/c2"), ACCEPT, BEARER)
    events = [
        *calls(ONE, ONE), (CALL, NON_FLEX, dedicated), *calls(dedicated, dedicated, dedicated), (other, ONE),
        (CALL, dedicated), (CALL, NO_CLUSTER, ONE), *calls(ONE, ONE), (other, GONE), (CALL, ONE),
    ]  # fmt: skip
    assert alike(events) >= 3


def test_each_recorded_response_is_translated_as_without_a_cache():
    """One after the other, each twice, by the matching legacy call."""
    events = []
    for recorded in recordings():
        path = re.sub(r"/(flexClusters|clusters)/", "/serverless/", recorded.path)
        if recorded.method == "GET" and "/backup/" in path:
            events += [(get(path, ACCEPT, BEARER), recorded.raw, recorded.raw)] * 3
    assert len(events) > 100
    assert alike(events) > 20


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_odd_lists_are_translated_as_without_a_cache(seed):
    """Lists with odd documents among usual ones."""
    chance = random.Random(seed)
    events = []
    for _ in range(60):
        kind = chance.choice(["snapshot", "restore"])
        documents = BODIES if kind == "snapshot" else JOBS
        document = chance.choice(documents)
        if chance.random() < 0.4:
            said = document
        else:
            said = mutated(chance, {**document, "results": document["results"][:9]})
        path = f"/api/atlas/v2{chance.choice(LISTS[kind])}{chance.choice(['', '?itemsPerPage=3'])}"
        events.append((get(path, ACCEPT, BEARER), *[ok(said)] * 20))
    assert alike(events) > 5


def test_no_credential_is_stored():
    """Neither with cached heads, nor with their results."""
    with (
        replying(ONE) as upstream,
        gateway(upstream.origin, now=lambda: AFTER) as served,
    ):
        ask(served, CALL)
        until(lambda: not served.limits.count, "what follows its answer")
        (known,) = served._handler.repeats._known.values()
        assert "s3cret" not in repr(known)
        assert not any("s3cret" in repr(key) for key in served._handler.repeats._known)


@pytest.mark.parametrize(("kind", "kept"), [("snapshots", 1), ("restoreJobs", 0)])
def test_a_response_that_depends_on_the_time_is_not_cached(kind, kept):
    """Whether a restore job is finished depends on the clock."""
    call = get(PATH.replace("snapshots", kind), ACCEPT, BEARER)
    with (
        replying(*[ok({"results": [{"id": "1"}]})] * 3) as upstream,
        gateway(upstream.origin, now=lambda: AFTER) as served,
    ):
        for _ in range(3):
            assert status_of(ask(served, call)[0]) == 200
        assert len(served.limits.kept.keys()) == kept


def test_the_cache_is_bounded():
    """A caller with ever new words displaces others, the oldest first."""
    with (
        replying(ok({"id": "1"})) as upstream,
        gateway(upstream.origin, now=lambda: AFTER) as served,
    ):
        with calling(served) as peer:
            for number in range(MAX_REPEATS + 50):
                peer.send(get(f"{PATH}/x", ACCEPT, f"X-A: {number}"))
                peer.message()
        assert len(served._handler.repeats._known) == MAX_REPEATS


def test_a_long_path_is_not_cached():
    """It gets its response, but thousands of them would waste memory."""
    with (
        replying(ok({"id": "1"})) as upstream,
        gateway(upstream.origin, now=lambda: AFTER) as served,
    ):
        for target in (
            f"{PATH}/x",
            f"{PATH}/x",
            f"{PATH}/{'x' * 400}",
            f"{PATH}/{'x' * 400}",
        ):
            assert status_of(ask(served, get(target, ACCEPT))[0]) == 200
        assert served._handler.repeats._matched.cache_info().currsize == 1


def of(cluster, *lines):
    """Return a call for one cluster's list."""
    return get(PATH.replace("c1", cluster), ACCEPT, *(lines or (BEARER,)))


def test_one_call_prepares_a_whole_fleet():
    """Each cluster has its own response, tier, links and log line, for any caller and trace."""
    found = [
        ok({**document, "results": document["results"][:number]})
        for number, document in enumerate(BODIES, 1)
    ]
    clusters = [f"c{number}" for number in range(300)] + ["a-b", "A.b_c", "0"]
    events = [
        (of(cluster), found[number % len(found)])
        for number, cluster in enumerate(clusters)
    ]
    traced = [
        (
            of(
                cluster,
                f"Authorization: Bearer {cluster}",
                f"X-Request-Id: id-{cluster}",
                f"User-Agent: of/{cluster}",
            ),
            ONE,
        )
        for cluster in clusters[:20]
    ]
    assert (
        alike([*events, *traced, *events[:50]])
        == len(events) - 1 + len(traced) - 1 + 50
    )


def test_clusters_of_two_tiers_are_separate():
    """A cluster on dedicated is read there, others are not, and each has its own format."""
    dedicated = ok(
        {
            "results": [
                {"id": "1", "createdAt": "2026-01-01T00:00:00Z", "status": "completed"}
            ],
            "totalCount": 1,
        }
    )
    moved = [(of(f"d{number}"), NON_FLEX, dedicated) for number in range(3)]
    again = [(of(f"d{number}"), dedicated) for number in range(3)]
    flex = [(of(f"f{number}"), TWO) for number in range(3)]
    assert alike([*flex, *moved, *flex, *again, *flex, *again, *moved]) >= 12


ODD_PATHS = [
    "c%31", "c1%2e", "..", ".", ".c", "c..d", "c1;x=1", "c1//", "c 1", "c1%2Fx", "c\\d", "c1?pretty=true", "c~1", "c!",
    "c1/", "", "%", "c1#x", "c\xe9", "c,d", "c+d", "c@d:e",
]  # fmt: skip


def test_an_unusual_path_is_always_checked():
    """Only plain segments use the earlier check."""
    events = [(of("c1"), ONE), (of("c2"), ONE)]
    events += [
        event for path in ODD_PATHS for event in [(of(path), ONE), (of("c1"), TWO)]
    ]
    assert alike(events) >= len(ODD_PATHS)


def test_allowed_calls_are_checked_each_time():
    """The list may name one project."""
    only = parse_allow("GET /api/atlas/v2/groups/g1/serverless/c1/**", name="allow")
    events = [
        (of(cluster), *[ONE] * (cluster == "c1"))
        for cluster in ("c1", "c1", "c2", "c1", "c3")
    ]
    assert alike(events, allow=only) == 2


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]
)
def test_odd_heads_are_handled_as_without_a_cache(seed):
    """Fields in other places and spellings, repeated, empty or special, three times each."""
    chance = random.Random(seed)
    events = []
    lines = [
        "Authorization: Bearer a", "Authorization: Bearer b", "authorization: bearer c", "AUTHORIZATION: Basic eDp5",
        'Authorization: Digest username="x", uri="/"', "Authorization: ", "User-Agent: a", "User-Agent: b",
        "X-Request-Id: 1", "X-Request-Id: 2", "x-request-id: \xe9", "Cookie: a=b", "Accept-Encoding: gzip",
        "Accept-Encoding: br;q=0", "Connection: close", "Connection: keep-alive", "Connection: X-Own", "X-Own: 1",
        "Connection: User-Agent", "TE: trailers", "Via: 1.1 other", "X-Forwarded-For: 10.0.0.1", "Forwarded: for=x",
        "If-None-Match: x", "Range: bytes=0-1", "Expect: 100-continue", "Content-Length: 0", "X-HTTP-Method: POST",
        "X-Original-Url: /x", "Accept: */*", "accept: application/json", "Accept-Language: de", "Host: other",
    ]  # fmt: skip
    for _ in range(60):
        own = chance.sample(lines, chance.randrange(4))
        call = get(
            PATH.replace("c1", chance.choice(["c1", "c2", "c3"])),
            *chance.sample([ACCEPT, *own], len(own) + 1),
        )
        events += [
            (call, chance.choice([ONE, TWO, THREE]), ONE, ONE)
        ] * chance.randrange(1, 4)
    assert alike(events) > 5
