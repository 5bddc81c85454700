"""The gateway's own key or service account signs only permitted calls, for permitted callers."""

import asyncio
import json
import subprocess
from datetime import timedelta

import httpx
import pytest

from shim.core.settings import RouteWord
from shim.errors import SettingsError
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from shim.fake.http import FakeReply
from shim.gateway.option_values import Address, CredentialsMode
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from tests.fake.asking import knowing_atlas
from tests.gateway.credentials.worlds import (
    ACCOUNT,
    ALL,
    FLEX,
    INSTANCE,
    KEY,
    RETIRED,
    UNTOUCHED,
    V2,
    signing,
    world,
)
from tests.gateway.tls.conftest import mount  # noqa: F401 - a fixture
from tests.peers.raw import reply, replying, until
from tests.peers.served import ask, get, status_of, value_of

HOLDERS = pytest.mark.parametrize("environ", [KEY, ACCOUNT], ids=["key", "account"])
CHALLENGE = 'WWW-Authenticate: Digest realm="MMS Public API", domain="", nonce="n1", algorithm=MD5, qop="auth"'
DENIED = reply(b"{}", CHALLENGE, status="401 Unauthorized")


@pytest.fixture(scope="module")
def shared():
    with world("own") as found:
        yield found


@pytest.fixture
def seen(shared):
    """A gateway with its own key, and an Atlas that has had no request yet."""
    shared.fake.arrivals.clear()
    return shared


@HOLDERS
def test_recognized_operations_are_signed(environ):
    """Rewritten and legacy-route calls without credentials succeed, with one extra round trip."""
    with world("own", environ) as seen:
        for path in (RETIRED, INSTANCE, RETIRED):
            assert status_of(seen.ask(path, f"Accept: {V2}")[0]) == 200
        assert len(seen.targets) == 4


@HOLDERS
def test_the_callers_authorization_is_not_forwarded(environ):
    """On a signed call it is replaced by the gateway's."""
    with world("own", environ) as seen:
        for claim in ("Bearer stolen", "Basic eDp5", 'Digest username="x"'):
            head, _ = seen.ask(
                RETIRED,
                f"Accept: {V2}",
                f"Authorization: {claim}",
                "authorization: Bearer twice",
            )
            assert status_of(head) == 200
        for arrival in seen.fake.arrivals:
            values = [
                value
                for name, value in arrival.headers
                if name.lower() == "authorization"
            ]
            assert len(values) <= 1
            assert not any(
                word in value
                for value in values
                for word in ("stolen", "twice", "eDp5", '"x"')
            )


def test_other_calls_keep_the_callers_authorization(seen):
    """A call that the documents don't know is not signed."""
    head, _ = seen.ask(
        UNTOUCHED, f"Accept: {FLEX}", "Authorization: Bearer demo-access-token"
    )
    assert status_of(head) == 200
    head, _ = seen.ask(UNTOUCHED, f"Accept: {FLEX}")
    assert status_of(head) == 401
    assert (value_of(head, "WWW-Authenticate") or "").startswith("Digest")
    found = [arrival.header("Authorization") for arrival in seen.fake.arrivals]
    assert found == ["Bearer demo-access-token", None]


SIGN_IN = (
    "/api/oauth/token", "/api/oauth/revoke", "/api/oauth/token?x=1", "/api/oauth/token/", "/api/oauth/another",
    "/api/%6fauth/%74oken", "/%61pi/oauth/revoke", "/api//oauth//token", "/api;v=1/oauth;a/token;b", "/API/OAuth/Token",
)  # fmt: skip
"""Paths that upstream may treat as its sign-in."""


@HOLDERS
@pytest.mark.parametrize("path", SIGN_IN)
def test_a_sign_in_keeps_its_own_credentials(environ, path):
    """Token requests and revocations are not re-signed, however the path is spelled."""
    with (
        replying(reply(b"{}")) as upstream,
        signing("own", upstream.origin, environ, allow=ALL) as served,
    ):
        request = get(
            path,
            "Authorization: Basic bWluZQ==",
            method="POST",
            host=served.url.partition("://")[2],
        )
        assert status_of(ask(served, request)[0]) == 200
        assert [
            b"Authorization: Basic bWluZQ==" in head for head in upstream.heads
        ] == [True]


@pytest.mark.parametrize(
    "path",
    [
        "/api/oauths/token",
        "/api/atlas/oauth/token",
        "/x/api/oauth/token",
        "/api/oauthtoken",
    ],
)
def test_similar_paths_are_signed(path):
    """They are not part of the sign-in."""
    with world("own", ACCOUNT, allow=ALL) as seen:
        seen.ask(path, "Authorization: Basic bWluZQ==")
        assert (seen.fake.arrivals[-1].header("Authorization") or "").startswith(
            "Bearer "
        )


def test_a_switched_off_gateway_still_signs():
    """Without translation a recognized call is still signed."""
    with world("own", route=RouteWord.OFF) as seen:
        assert status_of(seen.ask(INSTANCE, f"Accept: {V2}")[0]) == 200
        assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 410
        assert set(seen.targets) == {INSTANCE, RETIRED}


@pytest.mark.parametrize("path", [RETIRED, UNTOUCHED])
@pytest.mark.parametrize(
    "line",
    [
        "Origin: https://evil.test",
        "Origin: null",
        "origin: http://localhost",
        "Sec-Fetch-Site: cross-site",
    ],
)
def test_web_pages_are_refused(seen, line, path):
    """A request from a web page in a browser gets 403, and is not sent upstream."""
    head, content = seen.ask(path, line)
    assert status_of(head) == 403
    assert json.loads(content)["errorCode"] == "SHIM_ORIGIN_REFUSED"
    assert not seen.targets


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:8480", "127.0.0.1:1", "127.0.0.1.evil.test"]
)
def test_other_hosts_are_refused(seen, host):
    """A foreign Host, as after DNS rebinding, gets 421 and an explanation of how to set a public name."""
    head, content = seen.ask(RETIRED, host=host)
    assert status_of(head) == 421
    assert "--public-url" in json.loads(content)["detail"]
    assert not seen.targets


def test_the_own_hosts_are_accepted():
    """They are the listening address, loopback names and the public URL."""
    with world("own", public_url="https://atlas.corp.test") as seen:
        port = seen.authority.partition(":")[2]
        loopback = (
            seen.authority,
            f"localhost:{port}",
            f"LOCALHOST:{port}",
            "localhost",
            "127.0.0.1",
            "[::1]",
        )
        for host in (*loopback, "atlas.corp.test", "atlas.corp.test:443"):
            assert status_of(seen.ask(RETIRED, f"Accept: {V2}", host=host)[0]) == 200


def test_own_credentials_require_loopback():
    """A gateway on a public address refuses to start; loopback may be spelled in any way."""
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        Gateway(
            Options(listen=Address(host, 0), credentials=CredentialsMode.OWN),
            environ=KEY,
        )
    for host in ("0.0.0.0", "::", "192.0.2.1", "nowhere.invalid"):
        with pytest.raises(SettingsError, match=r"Listen on 127\.0\.0\.1, or .*verify"):
            Gateway(
                Options(listen=Address(host, 0), credentials=CredentialsMode.OWN),
                environ=KEY,
            )


@pytest.mark.parametrize("mode", [CredentialsMode.OWN, CredentialsMode.VERIFY])
@pytest.mark.parametrize(
    "environ",
    [{}, {"MONGODB_ATLAS_ACCESS_TOKEN": "t"}, {"MONGODB_ATLAS_PUBLIC_API_KEY": "k"}],
)
def test_own_credentials_must_be_set(mode, environ):
    """Otherwise the start fails with the names of the variables."""
    with pytest.raises(SettingsError, match="API"):
        Gateway(
            Options(listen=Address("127.0.0.1", 0), credentials=mode), environ=environ
        )


def test_a_wrong_key_is_not_tried_twice():
    """The refusal is passed to the caller, without a challenge that it could not meet."""
    environ = KEY | {"MONGODB_ATLAS_PRIVATE_API_KEY": "wrong"}
    with world("own", environ) as seen:
        head, content = seen.ask(RETIRED, f"Accept: {V2}")
        assert status_of(head) == 401
        assert json.loads(content)["error"] == 401
        assert value_of(head, "WWW-Authenticate") == 'Bearer realm="MMS Public API"'
        assert len(seen.targets) == 2


def test_a_missing_permission_is_passed_on():
    """The 401 keeps its body; with a fresh nonce there is no second attempt."""
    denied = reply(b'{"errorCode":"NOT_IN_GROUP"}', status="401 Unauthorized")
    with (
        replying(DENIED, denied) as upstream,
        signing("own", upstream.origin) as served,
    ):
        head, content = ask(served, get(RETIRED, host=served.url.partition("://")[2]))
        assert status_of(head) == 401
        assert content == b'{"errorCode":"NOT_IN_GROUP"}'
        assert len(upstream.heads) == 2


def test_a_stale_nonce_costs_one_round_trip():
    """The call is signed again with the new nonce."""
    with world("own") as seen:
        seen.ask(RETIRED, f"Accept: {V2}")
        seen.fake.today += timedelta(hours=1)
        assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 200
        assert len(seen.targets) == 4


@HOLDERS
async def test_simultaneous_first_calls_succeed(environ):
    """They share one token request."""
    with world("own", environ) as seen:
        async with httpx.AsyncClient(base_url=seen.url) as client:
            calls = [client.get(RETIRED, headers={"Accept": V2}) for _ in range(40)]
            statuses = [reply.status_code for reply in await asyncio.gather(*calls)]
        assert statuses == [200] * 40
        assert len(seen.targets) <= 80
        assert seen.targets.count("/api/oauth/token") == (
            1 if environ is ACCOUNT else 0
        )


def test_a_refused_token_is_replaced_once():
    """After a revocation the call is sent again with a new token; a second refusal is final."""
    with world("own", ACCOUNT) as seen:
        seen.ask(RETIRED, f"Accept: {V2}")
        seen.fake.today += timedelta(hours=2)
        assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 200
        assert seen.targets.count("/api/oauth/token") == 2

        seen.fake.overrides.append(
            lambda arrival: FakeReply(401) if "token" not in arrival.path else None
        )
        seen.fake.arrivals.clear()
        for _ in range(3):
            assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 401
        # The account lacks the permission. More tokens would not help, and Atlas allows
        # only a hundred.
        assert seen.targets.count("/api/oauth/token") == 1
        assert len(seen.targets) == 5


def test_an_unknown_account_is_a_gateway_error():
    """Callers get 502, and upstream is asked at most once a second."""
    environ = ACCOUNT | {"MONGODB_ATLAS_CLIENT_SECRET": "wrong"}
    with world("own", environ) as seen:
        for _ in range(3):
            head, content = seen.ask(RETIRED, f"Accept: {V2}")
            assert status_of(head) == 502
            assert json.loads(content)["errorCode"] == "SHIM_SIGN_IN_FAILED"
        assert seen.targets.count("/api/oauth/token") <= 3
        assert RETIRED not in seen.targets


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": 5}',
        b'{"access_token": "a\\nb"}',
        b"<",
    ],
)
def test_an_invalid_token_response_is_502(answer):
    """The value is not sent anywhere."""
    fake = FakeAtlas()
    fake.overrides.append(
        lambda arrival: FakeReply(200, (), answer) if "token" in arrival.path else None
    )
    with world("own", ACCOUNT, fake) as seen:
        assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 502
        assert set(seen.targets) == {"/api/oauth/token"}


def test_content_too_long_to_sign_is_refused():
    """It would have to be stored for a second signature; nothing is sent."""
    with replying() as upstream, signing("own", upstream.origin, allow=ALL) as served:
        answer = httpx.post(served.url + "/x", content=b"x" * 2_000_000)
        assert answer.status_code == 413
        assert answer.json()["errorCode"] == "SHIM_REQUEST_TOO_LARGE"
        assert not upstream.heads


def test_the_key_file_is_reloaded(mount, monkeypatch):  # noqa: F811 - the fixture
    """A new key signs after the next check; while the files are incomplete, the last good key signs."""
    monkeypatch.setattr("shim.gateway.watch.EVERY", 0.01)
    fake = knowing_atlas(public01="one", public02="two")
    names = {
        "MONGODB_ATLAS_PUBLIC_API_KEY_FILE": "tls.public",
        "MONGODB_ATLAS_PRIVATE_API_KEY_FILE": "tls.private",
    }
    mount.turn(public=b"public01\n", private=b"one")

    def user(seen):
        assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 200
        return (seen.fake.arrivals[-1].header("Authorization") or "").partition(
            'username="'
        )[2][:8]

    with world(
        "own", {name: mount.path(file) for name, file in names.items()}, fake
    ) as seen:
        assert user(seen) == "public01"
        mount.turn(public=b"public02\n", private=b"two")
        until(lambda: user(seen) == "public02", "the new key")
        mount.turn(public=b"public01\n")
        assert user(seen) == "public02"


@HOLDERS
def test_a_write_by_curl_with_its_own_key_succeeds(environ):
    """Libcurl's first request has no content yet; it is challenged, and the second one's signature is ignored."""
    body = '{"deliveryType":"automated","snapshotId":"%s","targetClusterName":"%s","targetGroupId":"%s"}'
    order = body % ("0" * 24, DEMO_CLUSTER, DEMO_GROUP)
    jobs = RETIRED.replace("snapshots", "restoreJobs")
    chunked = ("-H", "Transfer-Encoding: chunked")
    calls = (
        (jobs, ()),
        (INSTANCE, ("-X", "PATCH")),
        (jobs, chunked),
        (UNTOUCHED, chunked),
    )
    with world("own", environ, allow=ALL) as seen:
        for target, words in calls:
            seen.fake.arrivals.clear()
            command = [
                "curl",
                "-sS",
                "--digest",
                "-u",
                "a:b",
                "-d",
                order,
                *words,
                seen.url + target,
            ]
            run = subprocess.run(
                [*command, "-o", "-", "-w", "\n%{http_code}"],
                capture_output=True,
                check=True,
                text=True,
            )
            assert "SHIM_" not in run.stdout
            assert seen.fake.arrivals[-1].body
            assert all(
                arrival.body
                for arrival in seen.fake.arrivals
                if arrival.method in {"PATCH", "POST"}
            )


@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.OFF])
def test_an_empty_write_gets_a_challenge(route):
    """Without Authorization, a write that needs content is challenged. One that needs none is executed."""
    with world("own", allow=ALL, route=route) as seen:
        head, content = seen.ask(
            RETIRED.replace("snapshots", "restoreJobs"),
            "Content-Length: 0",
            method="POST",
        )
        assert status_of(head) == 401
        assert (value_of(head, "WWW-Authenticate") or "").startswith(
            'Digest realm="MMS Public API"'
        )
        assert "has no content" in json.loads(content)["detail"]
        lines = ("Content-Length: 0", "Content-Type: application/json")
        assert status_of(seen.ask(UNTOUCHED, *lines, method="POST")[0]) == 401
        assert not seen.targets
        seen.ask(UNTOUCHED, "Content-Length: 0", method="POST")
        assert UNTOUCHED in seen.targets
        indexes = f"{INSTANCE}/performanceAdvisor/autoIndexing"
        assert (
            status_of(
                seen.ask(f"{indexes}?enable=true", "Content-Length: 0", method="POST")[
                    0
                ]
            )
            != 401
        )
