"""Authentication: challenges, Digest, tokens, and refusals."""

import base64
import hashlib
import json
import re
from datetime import timedelta

import pytest

from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
)
from tests.fake.asking import FLEX_VERSION, ROOT

PATH = f"{ROOT}/flexClusters"


def _get(fake, authorization=None, target=PATH, method="GET"):
    fields = [("Host", "localhost"), ("Accept", FLEX_VERSION)]
    if authorization is not None:
        fields.append(("Authorization", authorization))
    return fake.handle(method, target, fields)


def _challenged(reply):
    """Return the nonce of a 401, and whether it reports the previous one as stale."""
    assert reply.status == 401
    challenge = reply.header("WWW-Authenticate")
    return challenge.partition('nonce="')[2].partition('"')[0], challenge.endswith(
        "stale=true"
    )


def _nonce(fake):
    return _challenged(_get(fake))[0]


def _md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def _digest(
    nonce,
    *,
    uri=PATH,
    key=DEMO_PUBLIC_KEY,
    secret=DEMO_PRIVATE_KEY,
    method="GET",
    nc="00000001",
    extra="",
    **other,
):
    """Sign with the formula of RFC 7616, 3.4.1."""
    realm = other.get("realm", "MMS Public API")
    response = _md5(
        f"{_md5(f'{key}:{realm}:{secret}')}:{nonce}:{nc}:c0ffee:auth:{_md5(f'{method}:{uri}')}"
    )
    return (
        f'Digest username="{key}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", qop=auth, nc={nc}, cnonce="c0ffee"{extra}'
    )


def test_the_challenge_is_the_recorded_one(fake):
    """Field and body are as recorded, with a nonce of 32 characters that no other challenge has."""
    reply = _get(fake)
    assert reply.status == 401
    assert re.fullmatch(
        r'Digest realm="MMS Public API", domain="", nonce="\w{32}", algorithm=MD5, qop="auth", stale=false',
        reply.header("WWW-Authenticate"),
    )
    assert reply.body == (
        b'{\n  "error" : 401,\n  "reason" : "Unauthorized",\n'
        b'  "detail" : "You are not authorized for this resource."\n}'
    )
    assert reply.header("Content-Type") == "application/json"
    assert len({_nonce(fake) for _ in range(50)}) == 50


@pytest.mark.parametrize("nc", ["00000001", "0000000a", "00000002"])
def test_a_nonce_count_must_increase(fake, nc):
    """A higher nc is accepted; one that is not above the last one is refused with stale=true and a new nonce."""
    nonce = _nonce(fake)
    for count in ("00000001", "00000002", "0000000a"):
        assert _get(fake, _digest(nonce, nc=count)).status == 200
    other, stale = _challenged(_get(fake, _digest(nonce, nc=nc)))
    assert stale
    assert other != nonce


def test_an_old_nonce_is_stale(fake):
    """A nonce lives five minutes of the fake's time; an unknown one is stale too."""
    nonce = _nonce(fake)
    fake.today += timedelta(seconds=299)
    assert _get(fake, _digest(nonce)).status == 200
    fake.today += timedelta(seconds=1)
    assert _challenged(_get(fake, _digest(nonce, nc="00000002")))[1]
    assert _challenged(_get(fake, _digest("a" * 32)))[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guess"},
        {"key": "nobody"},
        {"realm": "other"},
        {"method": "POST"},
        {"nc": "1"},
        {"nc": "0000000G"},
        *(
            {"extra": f", {extra}"}
            for extra in (
                "algorithm=SHA-256",
                'opaque="x"',
                "userhash=true",
                "uri=again",
                '"',
            )
        ),
        *(
            "",
            "Digest",
            "Digest ,",
            "Basic eDp5",
            "Bearer",
            "Bearer nothing",
            "Digest a=b",
            "Digest é=x",
        ),
        *(
            {"without": name}
            for name in (
                "username",
                "realm",
                "nonce",
                "uri",
                "response",
                "qop",
                "nc",
                "cnonce",
            )
        ),
    ],
)
def test_wrong_credentials_are_refused(fake, wrong):
    """If they are wrong, missing or unreadable, the reply is 401 with stale=false."""
    if isinstance(wrong, str):
        credentials = wrong
    else:
        missing = wrong.get("without")
        credentials = re.sub(
            rf"(?<=[ ,]){missing}=[^,]*,? ?", "", _digest(_nonce(fake), **wrong)
        )
    assert not _challenged(_get(fake, credentials))[1]


@pytest.mark.parametrize(
    "target", [f"{PATH}?pageNum=1", f"{PATH}/", PATH.replace("C", "%43")]
)
def test_a_signature_for_another_target_is_a_bad_request(fake, target):
    """The uri has to be the request target, octet for octet (RFC 7616, 3.4.6)."""
    reply = _get(fake, _digest(_nonce(fake)), target=target)
    assert reply.status == 400
    assert reply.header("X-Error-Code") == "INVALID_DIGEST_URI"


def _token(
    fake,
    secret=DEMO_CLIENT_SECRET,
    body=b"grant_type=client_credentials",
    path="/api/oauth/token",
):
    credentials = base64.b64encode(f"{DEMO_CLIENT_ID}:{secret}".encode()).decode()
    fields = [
        ("Authorization", f"Basic {credentials}"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    return fake.handle("POST", path, fields, body)


def test_a_service_account_gets_a_token_for_an_hour(fake):
    """The reply is the documented one, and the token is accepted until it expires; the demo token never does."""
    reply = _token(fake)
    body = json.loads(reply.body)
    assert reply.status == 200
    assert list(body) == ["access_token", "expires_in", "token_type"]
    assert body["expires_in"] == 3600
    assert body["token_type"] == "Bearer"
    for later, status in ((0, 200), (3599, 200), (1, 401)):
        fake.today += timedelta(seconds=later)
        assert _get(fake, f"Bearer {body['access_token']}").status == status
    assert _get(fake, f"Bearer {DEMO_TOKEN}").status == 200


def test_a_revoked_token_is_invalid(fake):
    """It gets a 401, and revoking it twice is fine (RFC 7009, 2.2)."""
    token = json.loads(_token(fake).body)["access_token"]
    for _ in range(2):
        body = f"token={token}&token_type_hint=access_token".encode()
        assert _token(fake, body=body, path="/api/oauth/revoke").status == 200
    assert _get(fake, f"Bearer {token}").status == 401


@pytest.mark.parametrize("path", ["/api/oauth/token", "/api/oauth/revoke"])
def test_a_wrong_client_is_refused_with_the_known_text(fake, path):
    """The reply is Atlas's 401 invalid_client."""
    reply = _token(fake, secret="guess", path=path)
    words = b'{"error_description":"Invalid credentials provided.","error":"invalid_client"}'
    assert reply.status == 401
    assert reply.body == words
    assert fake.handle("POST", path, [("Authorization", "Basic !")]).status == 401
    assert fake.handle("POST", path).status == 401
    assert fake.handle("GET", path).status == 405
