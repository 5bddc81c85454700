"""Callers without a valid key get nothing through: each attack has its status, and upstream receives nothing."""

import re
from functools import partial

import attrs
import pytest

from tests.gateway.credentials.worlds import (
    FLEX,
    INSTANCE,
    RETIRED,
    UNTOUCHED,
    Signature,
    line,
    nonce_of,
    world,
)
from tests.peers.served import calling, get, status_of, value_of

ACCEPT = f"Accept: {FLEX}"


@pytest.fixture(scope="module")
def seen():
    with world("verify") as found:
        yield found


@pytest.fixture
def good(seen):
    return Signature(nonce_of(seen))


@pytest.fixture
def refused(seen):
    """Send a request, and see that upstream does not get it; return the reply's status."""

    def send(target, *lines, method="GET") -> int:
        before = len(seen.fake.arrivals)
        head, _ = seen.ask(target, *lines, method=method)
        assert len(seen.fake.arrivals) == before
        return status_of(head)

    return send


@pytest.mark.parametrize(
    "path", [RETIRED, INSTANCE, UNTOUCHED, "/", "/api/oauths/token", "/api/oauth"]
)
def test_every_path_is_challenged(seen, path):
    """Without credentials comes Atlas's own challenge, letter by letter; the words below it are the shim's own."""
    before = len(seen.fake.arrivals)
    head, _ = seen.ask(path)
    challenge = value_of(head, "WWW-Authenticate") or ""
    assert re.fullmatch(
        r'Digest realm="MMS Public API", domain="", nonce="[A-Za-z0-9_-]{32}", '
        r'algorithm=MD5, qop="auth", stale=false',
        challenge,
    )
    assert status_of(head) == 401
    assert value_of(head, "Content-Type") == "application/json"
    assert len(seen.fake.arrivals) == before


def test_replay(seen, good, refused):
    """What was taken once is not taken again, in whatever order its parameters come; a new challenge says why."""
    assert status_of(seen.ask(UNTOUCHED, line(good.parts), ACCEPT)[0]) == 200
    assert refused(UNTOUCHED, line(good.parts)) == 401
    assert refused(UNTOUCHED, line(sorted(good.parts.items()))) == 401
    head, _ = seen.ask(UNTOUCHED, line(good.parts))
    assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")


def test_other_spelling_of_a_count_is_the_same_count(seen, good, refused):
    """0000000a and 0000000A are one use."""
    seen.ask(UNTOUCHED, line(attrs.evolve(good, count="0000000a").parts), ACCEPT)
    assert refused(UNTOUCHED, line(attrs.evolve(good, count="0000000A").parts)) == 401


QUOTED = ("username", "realm", "nonce", "uri", "response", "cnonce")
NEEDED = (*QUOTED, "qop", "nc")
TRICKS = (
    'username="demokeys', "", " ", ",,,", "=", '"username"="demokeys"', "username", 'username="a" realm="b"',
    'username="a\\"", realm="\\\\"', "username='demokeys'", "uri=/api, username=demokeys",
    "username=\"demokeys\", username*=UTF-8''demokeys", 'username="demokeys";realm="x"',
)  # fmt: skip


def signed(**change):
    """Return what signs well, with another secret, name or target."""
    return lambda good: line(attrs.evolve(good, **change).parts)


def spelled(change):
    """Return what changes parameters after they were signed; a function gets those that there were."""
    return lambda good: line(
        good.parts | (change(good.parts) if callable(change) else change)
    )


def attacks():
    """Yield what is wrong with a signature, the status that it gets, and what spells it."""
    for change in (
        {"secret": "wrong"},
        {"name": "nobodyxx"},
        {"secret": ""},
        {"name": "nobodyxx", "secret": ""},
    ):
        yield f"signed with {change}", 401, signed(**change)
    for change in (
        {"realm": '"mms public api"'},
        {"realm": '"x"'},
        {"response": '""'},
        {"response": f'"{"0" * 32}"'},
    ):
        yield f"wrong {change}", 401, spelled(change)
    yield (
        "response in capitals",
        401,
        spelled(lambda parts: {"response": parts["response"].upper()}),
    )
    yield "uri of another host", 400, signed(uri=f"http://cloud.mongodb.com{UNTOUCHED}")
    for name, values in {
        "algorithm": ("SHA-256", "MD5-sess", '""', "none"),
        "qop": ("auth-int", '"auth,auth-int"', '""'),
        "nc": ("1", "00000000", "0000000g", "000000001", '"-0000001"'),
        "cnonce": ('""',),
    }.items():
        for value in values:
            yield f"not offered: {name}={value}", 400, spelled({name: value})
    for name in NEEDED:
        yield (
            f"no {name}",
            400,
            partial(
                lambda name, good: line(
                    [p for p in good.parts.items() if p[0] != name]
                ),
                name,
            ),
        )
        yield (
            f"{name} twice",
            400,
            partial(
                lambda name, good: line(
                    [*good.parts.items(), (name, good.parts[name])]
                ),
                name,
            ),
        )
        other = partial(
            lambda name, good: line([(name.upper(), '"x"'), *good.parts.items()]), name
        )
        yield f"{name} twice, in capitals", 400, other
    for (
        name
    ) in QUOTED:  # some readers would drop the backslash, and find what they seek
        escaped = partial(lambda name, parts: {name: f'"\\{parts[name][1:]}'}, name)
        yield f"escape in {name}", 400, spelled(escaped)
    for trick in TRICKS:
        yield (
            f"trick {trick}",
            400,
            partial(
                lambda text, _: f"Authorization: Digest {text}".rstrip("\n"), trick
            ),
        )
    for value in (
        "",
        "Basic ZGVtb2tleXM6eA==",
        "Negotiate abc==",
        "Token x",
        "demokeys",
    ):
        yield (
            f"scheme {value}",
            401,
            partial(lambda text, _: f"Authorization: {text}", value),
        )


ATTACKS = list(attacks())


@pytest.mark.parametrize(
    ("status", "spell"), [row[1:] for row in ATTACKS], ids=[row[0] for row in ATTACKS]
)
def test_signature_that_is_none(refused, good, status, spell):
    """What was signed with something else is 401; what has no one reading, or was not offered, is 400."""
    assert refused(UNTOUCHED, spell(good)) == status


@pytest.mark.parametrize(
    "path", [RETIRED, "/", *(UNTOUCHED + end for end in ("?a=1", "/"))]
)
def test_other_path(refused, good, path):
    """A signature for another target is 400 (RFC 7616, 3.4.6), also for one that only means the same."""
    assert refused(path, line(good.parts)) == 400
    assert refused(UNTOUCHED.replace("flex", "%66lex"), line(good.parts)) == 400


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD", "PATCH"])
def test_other_method(refused, good, method):
    """A signature for another method is 401."""
    assert refused(UNTOUCHED, line(good.parts), method=method) == 401


@pytest.mark.parametrize(
    "nonce",
    ["", "x", "A" * 32, "A" * 4096, "AAAA_-AA" * 4, "AAAA+/AA" * 4],
    ids=range(6),
)
def test_nonce_that_is_not_ours(seen, refused, nonce):
    """A nonce of nobody's, well signed: 401, and a new one to sign with."""
    assert refused(UNTOUCHED, line(Signature(nonce).parts)) == 401
    head, _ = seen.ask(UNTOUCHED, line(Signature(nonce).parts))
    assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")


@pytest.mark.parametrize("other", ["Bearer x", "Digest", "Basic eDp5"])
def test_two_fields(refused, good, other):
    """Two Authorization fields are 400, in either order."""
    assert refused(UNTOUCHED, line(good.parts), f"Authorization: {other}") == 400
    assert refused(UNTOUCHED, f"authorization: {other}", line(good.parts)) == 400


def test_header_of_a_megabyte(seen, good):
    """A field beyond the limit is 431 (RFC 6585, 5), whatever it starts with."""
    value = line(good.parts | {"cnonce": '"' + "a" * 1_000_000 + '"'})
    before = len(seen.fake.arrivals)
    with calling(seen.gateway) as peer:
        peer.send(get(UNTOUCHED, value, host=seen.authority))
        assert status_of(peer.message()[0]) == 431
    assert len(seen.fake.arrivals) == before


@pytest.mark.parametrize("piece", ["a", "a=b,", '"', "a ", '\\"'])
def test_long_nonsense_is_not_read(refused, piece, monkeypatch):
    """30 KiB that name no key are 400 by their length: nobody waits for a reader of them."""

    def read(text):
        raise AssertionError(f"{len(text)} characters were read")

    monkeypatch.setattr("shim.gateway.credentials.gates.parameters", read)
    assert (
        refused(UNTOUCHED, "Authorization: Digest " + (piece * 30_000)[:30_000]) == 400
    )


def test_long_target_is_signed(seen):
    """A signature repeats its target, which does not count as its own length."""
    path = UNTOUCHED + "?a=" + "b" * 7000
    signature = Signature(nonce_of(seen), uri=path, cnonce="c" * 2000)
    assert status_of(seen.ask(path, line(signature.parts), ACCEPT)[0]) == 200


def test_changed_nonce(refused, good):
    """One letter of a nonce can't be changed, its birth least of all."""
    for position in (0, 5, 9, 15, 16, 31):
        letter = "B" if good.nonce[position] != "B" else "C"
        nonce = good.nonce[:position] + letter + good.nonce[position + 1 :]
        assert refused(UNTOUCHED, line(attrs.evolve(good, nonce=nonce).parts)) == 401
