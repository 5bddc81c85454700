"""The computation and parameters of Digest, compared with RFC 7616 and third-party parsers."""

import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.messages import Reply
from shim.credentials import ApiKey
from shim.gateway.credentials import digest
from shim.gateway.credentials.digest import (
    MAX_FIELD_LENGTH,
    asks_digest,
    challenges,
    parameters,
    response,
    secret_hash,
)
from shim.gateway.credentials.signers import challenge_of

ATLAS = 'Digest realm="MMS Public API", domain="", nonce="abc", algorithm=MD5, qop="auth", stale=false'


def test_the_example_of_the_rfc_is_reproduced():
    """RFC 7616, 3.9.1."""
    key = secret_hash("Mufasa", "http-auth@example.org", "Circle of Life")
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    found = response(
        key, "GET:/dir/index.html", nonce=nonce, count="00000001", cnonce=cnonce
    )
    assert found == "8ca523f5e9506fed4657c9700eebdbec"


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.text(
            st.characters(
                codec="latin-1", exclude_characters='"\\', exclude_categories=["Cc"]
            ),
            max_size=9,
        ),
    )
)
def test_parameters_agree_with_urllib(pairs):
    """The standard library's parser returns the same parameters."""
    text = ", ".join(f'{name}="{value}"' for name, value in pairs.items())
    assert parameters(text) == pairs
    if pairs and not any("," in value for value in pairs.values()):
        found = urllib.request.parse_keqv_list(urllib.request.parse_http_list(text))
        assert found == pairs


@given(st.text(max_size=60))
def test_no_text_breaks_the_parsers(text):
    """Any text has parameters or none, and some number of challenges."""
    parameters(text)
    challenges(text)


def looked_at(pattern, text):
    """Return the start and end of each match of a pattern; each must start at the end of the previous one."""
    ends = [0]
    for match in pattern.finditer(text):
        assert match.start() == ends[-1]
        ends.append(match.end())
    return ends


@given(st.text(st.sampled_from('ab =,"\\\t\n\x00\u00e9'), max_size=40))
def test_no_text_is_scanned_twice(text):
    """The texts consist of all characters with a meaning."""
    for pattern in (digest._PARAMETER, digest._MEMBER):
        assert looked_at(pattern, text)[-1] == len(text)


def test_a_challenge_that_is_too_long_is_ignored(monkeypatch):
    """If it is a Digest challenge, callers don't get it either."""
    for name in ("_MEMBER", "_SCHEME", "_PARAMETER"):
        monkeypatch.setattr(digest, name, None)
    value = ATLAS + ", x=" + "a" * MAX_FIELD_LENGTH
    assert challenges(value) == []
    assert asks_digest((("WWW-Authenticate", value),))
    assert not asks_digest((("WWW-Authenticate", "a" * (MAX_FIELD_LENGTH + 1)),))
    assert (
        challenge_of(Reply(401, (("WWW-Authenticate", value),)), ApiKey("u", "p"))
        is None
    )


WORD = st.from_regex(r"[A-Za-z]{1,6}", fullmatch=True)
STRING = st.text(
    st.characters(codec="latin-1", exclude_characters='"\\', exclude_categories=["Cc"]),
    max_size=9,
)
CHALLENGE = st.tuples(
    WORD,
    st.one_of(
        st.just({}),
        st.dictionaries(
            WORD.map(str.lower),
            WORD | STRING.map(lambda text: f'"{text}"'),
            min_size=1,
            max_size=4,
        ),
    ),
)


@given(st.lists(CHALLENGE, max_size=4), st.sampled_from([", ", ",", " , ", ",, "]))
def test_challenges_are_parsed_as_written(written, comma):
    """Challenges and parameters survive a round trip in one field, whatever their strings contain."""
    texts = [
        " ".join(
            [scheme, comma.join(f"{name}={value}" for name, value in given.items())]
        ).strip()
        for scheme, given in written
    ]
    found = challenges(comma.join(texts))
    assert [scheme for scheme, _ in found] == [scheme.lower() for scheme, _ in written]
    bare = [
        {name: value.strip('"') for name, value in given.items()}
        for _, given in written
    ]
    assert [parameters(text) for _, text in found] == bare


@pytest.mark.parametrize(("value", "schemes"), [
    (ATLAS, ["digest"]), (f'Bearer realm="x, Digest y", {ATLAS}', ["bearer", "digest"]),
    (f"Basic, {ATLAS}, Negotiate", ["basic", "digest", "negotiate"]),
    (f"Negotiate abc==, {ATLAS}", ["negotiate", "digest"]), ("", []),
])  # fmt: skip
def test_challenges_may_share_a_field(value, schemes):
    """Atlas's is found among several (RFC 9110, 11.6.1)."""
    assert [scheme for scheme, _ in challenges(value)] == schemes
    found = challenge_of(Reply(401, (("WWW-Authenticate", value),)), ApiKey("u", "p"))
    assert (found is not None) == ("digest" in schemes)


@pytest.mark.parametrize("value", [
    ATLAS.replace("MD5", "SHA-256"), ATLAS.replace('"auth"', '"auth-int"'), ATLAS.replace('nonce="abc", ', ""),
    ATLAS.replace('realm="MMS Public API", ', ""), ATLAS.replace(', qop="auth"', ""),
    ATLAS.replace('"abc"', '"a\\"bc"'), 'Basic realm="x"',
])  # fmt: skip
def test_a_challenge_that_cannot_be_met_is_ignored(value):
    """The gateway ignores schemes that it can't sign for."""
    assert (
        challenge_of(Reply(401, (("WWW-Authenticate", value),)), ApiKey("u", "p"))
        is None
    )


def test_the_first_challenge_that_can_be_met_is_used():
    """The order counts across all fields."""
    lines = (
        ("WWW-Authenticate", ATLAS.replace("MD5", "X")),
        ("www-authenticate", ATLAS.replace("abc", "def")),
    )
    found = challenge_of(Reply(401, lines), ApiKey("u", "p"))
    assert found is not None
    assert found.given["nonce"] == "def"
    assert found.stale is False


@pytest.mark.parametrize(
    "lines", ['opaque="o", algorithm=MD5', 'opaque=""', "algorithm=md5", "stale=true"]
)
def test_the_answer_repeats_the_challenge(lines):
    """It has the parameters of the challenge and no others; opaque is unchanged (RFC 7616, 3.4)."""
    challenge = f'Digest realm="r", nonce="n", qop="auth", {lines}'
    found = challenge_of(
        Reply(401, (("WWW-Authenticate", challenge),)), ApiKey('u"', "p")
    )
    assert found is not None
    text = found.sign("GET", "/x")
    assert text.startswith(
        'Digest username="u\\"", realm="r", nonce="n", uri="/x", response="'
    )
    assert ", nc=00000001," in text
    assert text.endswith(
        "".join(f", {one}" for one in sorted(lines.split(", ")) if one != "stale=true")
    )
