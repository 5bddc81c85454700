"""Who can't prove a key gets nothing through: each attack has its status, and upstream hears of none."""

import re

import attrs
import pytest

from tests.gateway_credentials.worlds import FLEX, INSTANCE, RETIRED, UNTOUCHED, Signature, line, nonce_of, world
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


@pytest.mark.parametrize("path", [RETIRED, INSTANCE, UNTOUCHED, "/", "/api/oauths/token", "/api/oauth"])
def test_every_path_is_challenged(seen, path):
    """Without credentials comes Atlas' own challenge, letter by letter; the words below it are the shim's own."""
    before = len(seen.fake.arrivals)
    head, _ = seen.ask(path)
    challenge = value_of(head, "WWW-Authenticate") or ""
    assert re.fullmatch(
        r'Digest realm="MMS Public API", domain="", nonce="[A-Za-z0-9_-]{32}", '
        r'algorithm=MD5, qop="auth", stale=false',
        challenge,
    )
    assert (status_of(head), value_of(head, "Content-Type")) == (401, "application/json")
    assert len(seen.fake.arrivals) == before


def test_good_signature_gets_in(seen, good):
    """The signature that the attacks start from is a good one."""
    assert status_of(seen.ask(UNTOUCHED, line(good.parts), ACCEPT)[0]) == 200


def test_order_of_parameters_is_free(seen, good):
    """Clients differ in it (RFC 9110, 11.2)."""
    parts = list(reversed(good.parts.items()))
    assert status_of(seen.ask(UNTOUCHED, line(parts), ACCEPT)[0]) == 200


@pytest.mark.parametrize(
    "change",
    [{"secret": "wrong"}, {"name": "nobodyxx"}, {"secret": ""}, {"name": "nobodyxx", "secret": ""}],
    ids=["wrong secret", "unknown key", "no secret", "unknown key without secret"],
)
def test_wrong_credentials(refused, good, change):
    """A wrong secret and an unknown key look alike: 401."""
    assert refused(UNTOUCHED, line(attrs.evolve(good, **change).parts)) == 401


def test_replay(seen, good, refused):
    """What was taken once is not taken again, in whatever order its parameters come; a new challenge says why."""
    seen.ask(UNTOUCHED, line(good.parts), ACCEPT)
    assert refused(UNTOUCHED, line(good.parts)) == 401
    assert refused(UNTOUCHED, line(sorted(good.parts.items()))) == 401
    head, _ = seen.ask(UNTOUCHED, line(good.parts))
    assert (value_of(head, "WWW-Authenticate") or "").endswith("stale=true")


def test_other_spelling_of_a_count_is_the_same_count(seen, good, refused):
    """0000000a and 0000000A are one use."""
    seen.ask(UNTOUCHED, line(attrs.evolve(good, count="0000000a").parts), ACCEPT)
    assert refused(UNTOUCHED, line(attrs.evolve(good, count="0000000A").parts)) == 401


def test_counts_may_overtake_each_other(seen, good, refused):
    """Each count is good once, in any order."""
    for count in (3, 1, 2, 500):
        signature = attrs.evolve(good, count=f"{count:08x}")
        assert status_of(seen.ask(UNTOUCHED, line(signature.parts), ACCEPT)[0]) == 200
    for count in (1, 2, 3, 500):
        assert refused(UNTOUCHED, line(attrs.evolve(good, count=f"{count:08x}").parts)) == 401


@pytest.mark.parametrize("path", [RETIRED, UNTOUCHED + "?a=1", UNTOUCHED + "/", "/", UNTOUCHED.replace("v2", "%762")])
def test_other_path(refused, good, path):
    """A signature for another target is 400 (RFC 7616, 3.4.6)."""
    assert refused(path, line(good.parts)) == 400


def test_target_that_only_means_the_same(refused, good):
    """The uri is compared with the raw target: an encoded letter is another one."""
    path = UNTOUCHED.replace("flex", "%66lex")
    assert refused(path, line(good.parts)) == 400


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


def test_changed_nonce(refused, good):
    """One letter of a nonce can't be changed, its birth least of all."""
    for position in (0, 5, 9, 15, 16, 31):
        letter = "B" if good.nonce[position] != "B" else "C"
        nonce = good.nonce[:position] + letter + good.nonce[position + 1 :]
        assert refused(UNTOUCHED, line(attrs.evolve(good, nonce=nonce).parts)) == 401


@pytest.mark.parametrize("name", ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"])
def test_missing_parameter(refused, good, name):
    """Each parameter that qop auth needs must be there: 400."""
    parts = good.parts
    del parts[name]
    assert refused(UNTOUCHED, line(parts)) == 400


@pytest.mark.parametrize("name", ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce", "algorithm"])
def test_parameter_twice(refused, good, name):
    """A parameter that comes twice, in whatever spelling, is 400: two readers could take two values."""
    pairs = list(good.parts.items())
    assert refused(UNTOUCHED, line([*pairs, (name, good.parts[name])])) == 400
    assert refused(UNTOUCHED, line([(name.upper(), '"x"'), *pairs])) == 400


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "SHA-256"},
        {"algorithm": "MD5-sess"},
        {"algorithm": '""'},
        {"algorithm": "none"},
        {"qop": "auth-int"},
        {"qop": '"auth,auth-int"'},
        {"qop": '""'},
        {"nc": "1"},
        {"nc": "00000000"},
        {"nc": "0000000g"},
        {"nc": "000000001"},
        {"nc": '"-0000001"'},
        {"cnonce": '""'},
    ],
    ids=str,
)
def test_parameter_that_was_not_offered(refused, good, change):
    """Another algorithm or qop, or a count that is none: 400."""
    assert refused(UNTOUCHED, line(good.parts | change)) == 400


@pytest.mark.parametrize(
    "change",
    [{"realm": '"mms public api"'}, {"realm": '"x"'}, {"response": '""'}, {"response": '"' + "0" * 32 + '"'}],
    ids=str,
)
def test_parameter_that_is_wrong(refused, good, change):
    """Another realm or response: 401."""
    assert refused(UNTOUCHED, line(good.parts | change)) == 401


def test_response_in_capitals(refused, good):
    """The response is lower-case hex (RFC 7616, 3.4)."""
    assert refused(UNTOUCHED, line(good.parts | {"response": good.parts["response"].upper()})) == 401


@pytest.mark.parametrize(
    "credentials",
    [
        'Digest username="{u}',
        "Digest",
        "Digest ",
        "Digest ,,,",
        "Digest =",
        'Digest "username"="{u}"',
        "Digest username",
        'Digest username="a" realm="b"',
        'Digest username="a\\"", realm="\\\\"',
        "Digest username='{u}'",
        "Digest uri=/api, username={u}",
        "Digest username=\"{u}\", username*=UTF-8''{u}",
        'Digest username="{u}";realm="x"',
    ],
    ids=range(13),
)
def test_quoting_tricks(refused, credentials):
    """What has no one reading is 400."""
    assert refused(UNTOUCHED, "Authorization: " + credentials.replace("{u}", "demokeys")) == 400


def test_escapes_hide_nothing(refused, good):
    """A backslash in any parameter is 400, though some readers would drop it and find what they seek."""
    for name in ("username", "realm", "nonce", "uri", "response", "cnonce"):
        value = good.parts[name]
        assert refused(UNTOUCHED, line(good.parts | {name: f'"\\{value[1:]}'})) == 400


def test_truncated(refused, good):
    """Cut anywhere before its last parameter is complete, a good signature is none."""
    whole = line(good.parts)
    for end in range(len("Authorization: Digest "), len(whole) - 1, 7):
        assert refused(UNTOUCHED, whole[:end]) in {400, 401}
    assert refused(UNTOUCHED, whole[:-1]) == 400


@pytest.mark.parametrize("other", ["Bearer x", "Digest", "Basic eDp5"])
def test_two_fields(refused, good, other):
    """Two Authorization fields are 400, in either order."""
    assert refused(UNTOUCHED, line(good.parts), f"Authorization: {other}") == 400
    assert refused(UNTOUCHED, f"authorization: {other}", line(good.parts)) == 400


@pytest.mark.parametrize("value", ["", "Basic ZGVtb2tleXM6eA==", "Negotiate abc==", "Token x", "demokeys"])
def test_other_scheme(refused, value):
    """Another scheme gets the challenge."""
    assert refused(UNTOUCHED, f"Authorization: {value}") == 401


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

    monkeypatch.setattr("shim.gateway.credentials.verify_digest.parameters", read)
    assert refused(UNTOUCHED, "Authorization: Digest " + (piece * 30_000)[:30_000]) == 400


def test_long_target_is_signed(seen):
    """A signature repeats its target, which does not count as its own length."""
    path = UNTOUCHED + "?a=" + "b" * 7000
    signature = Signature(nonce_of(seen), uri=path, cnonce="c" * 2000)
    assert status_of(seen.ask(path, line(signature.parts), ACCEPT)[0]) == 200


def test_whole_uri_of_another_host(refused, good):
    """A uri with an authority is not the target that was asked for."""
    uri = "http://cloud.mongodb.com" + UNTOUCHED
    assert refused(UNTOUCHED, line(attrs.evolve(good, uri=uri).parts)) == 400


def test_upstreams_nonce_is_not_ours(seen, refused):
    """A signature over a nonce of Atlas' own is not taken: its uses are not known here."""
    with world("passthrough") as other:
        nonce = nonce_of(other)
    assert refused(UNTOUCHED, line(Signature(nonce).parts)) == 401
