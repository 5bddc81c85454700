"""No attack without a valid key reaches upstream, and each gets its own status."""

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
    """Send a request, check that upstream does not receive it, and return the status."""

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
    """The challenge is byte for byte Atlas's own; the body is the shim's."""
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


def test_a_replay_is_refused(seen, good, refused):
    """The order of parameters makes no difference; the new challenge says that the nonce is stale."""
    assert status_of(seen.ask(UNTOUCHED, line(good.parts), ACCEPT)[0]) == 200
    assert refused(UNTOUCHED, line(good.parts)) == 401
    assert refused(UNTOUCHED, line(sorted(good.parts.items()))) == 401
    head, _ = seen.ask(UNTOUCHED, line(good.parts))
    assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")


def test_the_case_of_a_count_makes_no_difference(seen, good, refused):
    """0000000a and 0000000A are the same use."""
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
    """Return a function that signs, with another secret, name or target."""
    return lambda good: line(attrs.evolve(good, **change).parts)


def spelled(change):
    """Return a function that changes parameters after signing; a value may be computed from the original parameters."""
    return lambda good: line(
        good.parts | (change(good.parts) if callable(change) else change)
    )


def attacks():
    """Yield the defect of a signature, the expected status, and a function that creates it."""
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
    for name in QUOTED:  # lenient parsers would drop the backslash and accept the value
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
def test_an_invalid_signature_is_refused(refused, good, status, spell):
    """A wrong signature gets 401. An ambiguous one, or one that was not offered, gets 400."""
    assert refused(UNTOUCHED, spell(good)) == status


@pytest.mark.parametrize(
    "path", [RETIRED, "/", *(UNTOUCHED + end for end in ("?a=1", "/"))]
)
def test_a_signature_for_another_target_is_refused(refused, good, path):
    """It gets 400 (RFC 7616, 3.4.6), even if the other target is equivalent."""
    assert refused(path, line(good.parts)) == 400
    assert refused(UNTOUCHED.replace("flex", "%66lex"), line(good.parts)) == 400


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD", "PATCH"])
def test_a_signature_for_another_method_is_refused(refused, good, method):
    """It gets 401."""
    assert refused(UNTOUCHED, line(good.parts), method=method) == 401


@pytest.mark.parametrize(
    "nonce",
    ["", "x", "A" * 32, "A" * 4096, "AAAA_-AA" * 4, "AAAA+/AA" * 4],
    ids=range(6),
)
def test_an_unknown_nonce_is_refused(seen, refused, nonce):
    """A correct signature with it gets 401 and a new nonce."""
    assert refused(UNTOUCHED, line(Signature(nonce).parts)) == 401
    head, _ = seen.ask(UNTOUCHED, line(Signature(nonce).parts))
    assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")


@pytest.mark.parametrize("other", ["Bearer x", "Digest", "Basic eDp5"])
def test_two_authorization_fields_are_refused(refused, good, other):
    """They get 400 in either order."""
    assert refused(UNTOUCHED, line(good.parts), f"Authorization: {other}") == 400
    assert refused(UNTOUCHED, f"authorization: {other}", line(good.parts)) == 400


def test_a_field_of_a_megabyte_is_refused(seen, good):
    """It gets 431 (RFC 6585, 5), whatever it contains."""
    value = line(good.parts | {"cnonce": '"' + "a" * 1_000_000 + '"'})
    before = len(seen.fake.arrivals)
    with calling(seen.gateway) as peer:
        peer.send(get(UNTOUCHED, value, host=seen.authority))
        assert status_of(peer.message()[0]) == 431
    assert len(seen.fake.arrivals) == before


@pytest.mark.parametrize("piece", ["a", "a=b,", '"', "a ", '\\"'])
def test_a_long_field_without_a_key_is_refused_unread(refused, piece, monkeypatch):
    """30 KiB without a key name get 400 because of their length, so no parser is kept busy."""

    def read(text):
        raise AssertionError(f"{len(text)} characters were read")

    monkeypatch.setattr("shim.gateway.credentials.gates.parameters", read)
    assert (
        refused(UNTOUCHED, "Authorization: Digest " + (piece * 30_000)[:30_000]) == 400
    )


def test_a_long_target_can_be_signed(seen):
    """The target in a signature does not count towards the signature's length limit."""
    path = UNTOUCHED + "?a=" + "b" * 7000
    signature = Signature(nonce_of(seen), uri=path, cnonce="c" * 2000)
    assert status_of(seen.ask(path, line(signature.parts), ACCEPT)[0]) == 200


def test_a_changed_nonce_is_refused(refused, good):
    """No character can be changed, above all not in its creation time."""
    for position in (0, 5, 9, 15, 16, 31):
        letter = "B" if good.nonce[position] != "B" else "C"
        nonce = good.nonce[:position] + letter + good.nonce[position + 1 :]
        assert refused(UNTOUCHED, line(attrs.evolve(good, nonce=nonce).parts)) == 401
