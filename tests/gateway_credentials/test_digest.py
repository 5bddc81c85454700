"""Digest's arithmetic and its parameters, held against RFC 7616 and other people's readers."""

import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.messages import Reply
from shim.credentials import ApiKey
from shim.gateway.credentials.api_key_signer import challenge_of
from shim.gateway.credentials.digest import ALGORITHMS, challenges, parameters, response, secret_hash

ATLAS = 'Digest realm="MMS Public API", domain="", nonce="abc", algorithm=MD5, qop="auth", stale=false'


@pytest.mark.parametrize(
    ("algorithm", "answer"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_example_of_the_rfc(algorithm, answer):
    """RFC 7616, 3.9.1, in both algorithms."""
    hashed = ALGORITHMS[algorithm]
    key = secret_hash("Mufasa", "http-auth@example.org", "Circle of Life", hashed)
    found = response(
        key,
        "GET",
        "/dir/index.html",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        count="00000001",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        hashed=hashed,
    )
    assert found == answer


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.text(st.characters(codec="latin-1", exclude_characters='"\\', exclude_categories=["Cc"]), max_size=9),
    )
)
def test_parameters_agree_with_urllib(pairs):
    """What the standard library's client reads from a list of strings is what is read here."""
    text = ", ".join(f'{name}="{value}"' for name, value in pairs.items())
    assert parameters(text) == pairs
    if pairs and not any("," in value for value in pairs.values()):
        found = urllib.request.parse_keqv_list(urllib.request.parse_http_list(text))
        assert found == pairs


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text):
    """Any text is parameters or none, and some number of challenges."""
    parameters(text)
    challenges(text)


@pytest.mark.parametrize(
    ("value", "schemes"),
    [
        (ATLAS, ["digest"]),
        (f'Bearer realm="x, Digest y", {ATLAS}', ["bearer", "digest"]),
        (f"Basic, {ATLAS}, Negotiate", ["basic", "digest", "negotiate"]),
        (f"Negotiate abc==, {ATLAS}", ["negotiate", "digest"]),
        ("", []),
    ],
)
def test_challenges_in_one_field(value, schemes):
    """Several challenges may share a field (RFC 9110, 11.6.1); Atlas' is found among them."""
    assert [scheme for scheme, _ in challenges(value)] == schemes
    found = challenge_of(Reply(401, (("WWW-Authenticate", value),)), ApiKey("u", "p"))
    assert (found is not None) == ("digest" in schemes)


@pytest.mark.parametrize(
    "value",
    [
        ATLAS.replace("MD5", "SHA-512-256"),
        ATLAS.replace('"auth"', '"auth-int"'),
        ATLAS.replace('nonce="abc", ', ""),
        ATLAS.replace(', qop="auth"', ""),
        ATLAS.replace('"abc"', '"a\\"bc"'),
        'Basic realm="x"',
    ],
)
def test_challenge_that_cannot_be_met(value):
    """What the gateway can't sign for is no challenge to it."""
    assert challenge_of(Reply(401, (("WWW-Authenticate", value),)), ApiKey("u", "p")) is None


def test_first_challenge_that_can_be_met_is_taken():
    """Of several, in whatever fields, it is the first that the gateway can sign for."""
    lines = (("WWW-Authenticate", ATLAS.replace("MD5", "X")), ("www-authenticate", ATLAS.replace("abc", "def")))
    found = challenge_of(Reply(401, lines), ApiKey("u", "p"))
    assert found is not None
    assert (found[0].value, found[1]) == ("def", False)
