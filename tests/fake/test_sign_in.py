"""Signing in: challenges, Digest against three clients, tokens, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess

import httpx
import pytest
import requests
from requests.auth import HTTPDigestAuth

from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
    FakeAtlas,
)
from shim.fake.digest import parameters
from shim.fake.server import serve_in_thread

PATH = f"/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters"
ACCEPT = "application/vnd.atlas.2024-11-13+json"


def _get(fake, authorization=None, target=PATH, method="GET"):
    fields = [("Host", "localhost"), ("Accept", ACCEPT)]
    if authorization is not None:
        fields.append(("Authorization", authorization))
    return fake.handle(method, target, fields)


def _nonce(reply):
    return reply.header("WWW-Authenticate").partition('nonce="')[2].partition('"')[0]


def _md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def _digest(
    nonce, *, uri=PATH, key=DEMO_PUBLIC_KEY, secret=DEMO_PRIVATE_KEY, method="GET", nc="00000001", extra="", **other
):
    """Sign with the formula of RFC 7616, 3.4.1."""
    realm = other.get("realm", "MMS Public API")
    response = _md5(f"{_md5(f'{key}:{realm}:{secret}')}:{nonce}:{nc}:c0ffee:auth:{_md5(f'{method}:{uri}')}")
    return (
        f'Digest username="{key}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", qop=auth, nc={nc}, cnonce="c0ffee"{extra}'
    )


def test_the_challenge_is_the_recorded_one(fake):
    """Field and body are as recorded, with a nonce of 32 characters."""
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


def test_no_two_nonces_are_the_same(fake):
    """Each challenge has a nonce of its own."""
    assert len({_nonce(_get(fake)) for _ in range(50)}) == 50


def test_the_right_key_gets_in(fake):
    """A right signature is accepted, and so is the next nc with the same nonce."""
    nonce = _nonce(_get(fake))
    assert _get(fake, _digest(nonce)).status == 200
    assert _get(fake, _digest(nonce, nc="00000002")).status == 200
    assert _get(fake, _digest(nonce, nc="0000000a")).status == 200


@pytest.mark.parametrize("nc", ["00000001", "00000003", "00000002"])
def test_a_replay_is_stale(fake, nc):
    """An nc that is not above the last one is refused with stale=true and a new nonce."""
    nonce = _nonce(_get(fake))
    assert _get(fake, _digest(nonce, nc="00000003")).status == 200
    reply = _get(fake, _digest(nonce, nc=nc))
    assert reply.status == 401
    assert reply.header("WWW-Authenticate").endswith("stale=true")
    assert _nonce(reply) != nonce


def test_a_nonce_of_somebody_else_is_stale(fake):
    """A right signature of a nonce that was not given out is stale."""
    assert _get(fake, _digest("a" * 32)).header("WWW-Authenticate").endswith("stale=true")


def test_an_old_nonce_is_stale(fake):
    """A nonce lives five minutes of the fake's time."""
    nonce = _nonce(_get(fake))
    fake.advance(299)
    assert _get(fake, _digest(nonce)).status == 200
    fake.advance(1)
    assert _get(fake, _digest(nonce, nc="00000002")).header("WWW-Authenticate").endswith("stale=true")


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guess"},
        {"key": "nobody"},
        {"realm": "other"},
        {"method": "POST"},
        {"nc": "1"},
        {"nc": "0000000G"},
        {"extra": ", algorithm=SHA-256"},
        {"extra": ', opaque="x"'},
        {"extra": ", userhash=true"},
        {"extra": ", uri=again"},
        {"extra": ', half="'},
    ],
)
def test_wrong_credentials_are_refused(fake, wrong):
    """Whatever is wrong, the answer is 401 with stale=false."""
    reply = _get(fake, _digest(_nonce(_get(fake)), **wrong))
    assert reply.status == 401
    assert reply.header("WWW-Authenticate").endswith("stale=false")


@pytest.mark.parametrize("name", ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"])
def test_nothing_may_be_missing(fake, name):
    """Credentials without one of the parameters of qop auth are refused."""
    whole = _digest(_nonce(_get(fake)))
    without = re.sub(rf"(?<=[ ,]){name}=[^,]*,? ?", "", whole)
    assert without != whole
    assert _get(fake, without).status == 401


@pytest.mark.parametrize(
    "target", [f"{PATH}?pageNum=1", f"{PATH}/", PATH.replace("flexClusters", "serverless"), PATH.replace("C", "%43")]
)
def test_a_signature_for_another_target_is_a_bad_request(fake, target):
    """The uri has to be the request target, octet for octet (RFC 7616, 3.4.6)."""
    reply = _get(fake, _digest(_nonce(_get(fake))), target=target)
    assert reply.status == 400
    assert reply.header("X-Error-Code") == "INVALID_DIGEST_URI"


@pytest.mark.parametrize(
    "credentials", ["", "Digest", "Digest ,", "Basic eDp5", "Bearer", "Bearer nothing", "Digest a=b", "Digest é=x"]
)
def test_anything_else_is_challenged(fake, credentials):
    """Unreadable or unknown credentials get a 401."""
    assert _get(fake, credentials).status == 401


def test_quoted_pairs_are_read():
    """A quoted string may escape any character (RFC 9110, 5.6.4), and names compare without case."""
    assert parameters(r'USERNAME="a\"b\\c" , nc=00000001') == {"username": 'a"b\\c', "nc": "00000001"}


def _token(fake, secret=DEMO_CLIENT_SECRET, body=b"grant_type=client_credentials", path="/api/oauth/token"):
    credentials = base64.b64encode(f"{DEMO_CLIENT_ID}:{secret}".encode()).decode()
    fields = [("Authorization", f"Basic {credentials}"), ("Content-Type", "application/x-www-form-urlencoded")]
    return fake.handle("POST", path, fields, body)


def test_a_service_account_gets_a_token_for_an_hour(fake):
    """The reply is the documented one, and the token is accepted until it expires."""
    reply = _token(fake)
    body = json.loads(reply.body)
    assert (reply.status, list(body), body["expires_in"], body["token_type"]) == (
        200,
        ["access_token", "expires_in", "token_type"],
        3600,
        "Bearer",
    )
    bearer = f"Bearer {body['access_token']}"
    assert _get(fake, bearer).status == 200
    fake.advance(3599)
    assert _get(fake, bearer).status == 200
    fake.advance(1)
    assert _get(fake, bearer).status == 401


def test_a_revoked_token_is_worth_nothing(fake):
    """It gets a 401, and revoking it twice is fine (RFC 7009, 2.2)."""
    token = json.loads(_token(fake).body)["access_token"]
    for _ in range(2):
        body = f"token={token}&token_type_hint=access_token".encode()
        assert _token(fake, body=body, path="/api/oauth/revoke").status == 200
    assert _get(fake, f"Bearer {token}").status == 401


@pytest.mark.parametrize("path", ["/api/oauth/token", "/api/oauth/revoke"])
def test_a_wrong_client_is_refused_in_the_known_words(fake, path):
    """The answer is 401 invalid_client in Atlas' words."""
    reply = _token(fake, secret="guess", path=path)
    assert (reply.status, reply.body) == (
        401,
        b'{"error_description":"Invalid credentials provided.","error":"invalid_client"}',
    )
    assert fake.handle("POST", path, [("Authorization", "Basic !")]).status == 401
    assert fake.handle("POST", path).status == 401
    assert fake.handle("GET", path).status == 405


def test_another_grant_is_refused(fake):
    """Only client credentials are known (RFC 6749, 5.2)."""
    reply = _token(fake, body=b"grant_type=password")
    assert (reply.status, json.loads(reply.body)["error"]) == (400, "unsupported_grant_type")


def test_credentials_in_the_form_are_accepted(fake):
    """Some clients put them there (RFC 6749, 2.3.1)."""
    form = f"grant_type=client_credentials&client_id={DEMO_CLIENT_ID}&client_secret={DEMO_CLIENT_SECRET}"
    assert fake.handle("POST", "/api/oauth/token", [], form.encode()).status == 200


def test_the_demo_token_never_expires(fake):
    """It is good at any date."""
    fake.advance(10**9)
    assert _get(fake, f"Bearer {DEMO_TOKEN}").status == 200


def test_own_keys_replace_the_demo_keys():
    """A fake with keys of its own refuses those of the demo."""
    fake = FakeAtlas(api_keys={"mine": "secret"}, service_accounts={})
    assert _get(fake, _digest(_nonce(_get(fake)))).status == 401
    assert _get(fake, _digest(_nonce(_get(fake)), key="mine", secret="secret")).status == 200
    assert _token(fake).status == 401


QUERIES = ["", "?pageNum=1&itemsPerPage=2", "?x=a%20b&y=%2F%E2%82%AC", "?x=a,b;c=d'e"]


@pytest.mark.parametrize("query", QUERIES)
def test_httpx_gets_in(query):
    """The first call takes two trips, each later one takes one."""
    auth = httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    with serve_in_thread() as server, httpx.Client(auth=auth, headers={"Accept": ACCEPT}) as client:
        assert [client.get(server.url + PATH + query).status_code for _ in range(3)] == [200] * 3
        assert len(server.fake.arrivals) == 4


@pytest.mark.parametrize("query", QUERIES)
def test_requests_gets_in(query):
    """The first call takes two trips, each later one takes one."""
    with serve_in_thread() as server, requests.Session() as session:
        session.auth = HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        session.headers["Accept"] = ACCEPT
        assert [session.get(server.url + PATH + query).status_code for _ in range(3)] == [200] * 3
        assert len(server.fake.arrivals) == 4


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("query", QUERIES)
def test_curl_gets_in(query):
    """It signs with --digest, as the documentation of the legacy API says."""
    with serve_in_thread() as server:
        assert _curl(server.url + PATH + query, DEMO_PRIVATE_KEY) == "200"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_with_a_wrong_secret_stays_out():
    """It stops after the second 401."""
    with serve_in_thread() as server:
        assert _curl(server.url + PATH, "guess") == "401"
        assert len(server.fake.arrivals) == 2


def _curl(url, secret):
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--digest"]
    command += ["-u", f"{DEMO_PUBLIC_KEY}:{secret}", "-H", f"Accept: {ACCEPT}", url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


def test_httpx_and_requests_with_a_wrong_secret_stay_out():
    """The 401 reaches the caller."""
    with serve_in_thread() as server:
        url = server.url + PATH
        assert httpx.get(url, auth=httpx.DigestAuth(DEMO_PUBLIC_KEY, "guess")).status_code == 401
        assert requests.get(url, auth=HTTPDigestAuth(DEMO_PUBLIC_KEY, "guess"), timeout=20).status_code == 401


def test_a_client_recovers_from_a_stale_nonce():
    """The client signs again with the new nonce."""
    with serve_in_thread(FakeAtlas(today=FakeAtlas().today)) as server:
        auth = httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        with httpx.Client(auth=auth, headers={"Accept": ACCEPT}) as client:
            assert client.get(server.url + PATH).status_code == 200
            server.fake.advance(600)
            assert client.get(server.url + PATH).status_code == 200
        assert len(server.fake.arrivals) == 4
