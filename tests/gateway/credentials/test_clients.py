"""Unchanged programs that sign with an API key work through a gateway with ``verify``."""

import asyncio
import itertools
import subprocess

import aiohttp
import httpx
import pytest
import requests
from requests.auth import HTTPDigestAuth

from shim.core.settings import RouteWord
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN
from tests.gateway.credentials.worlds import (
    ALL,
    FLEX,
    INSTANCE,
    OLD,
    RETIRED,
    UNTOUCHED,
    V2,
    Signature,
    line,
    nonce_of,
    signing,
    world,
)  # fmt: skip
from tests.gateway.tls.worlds import certified
from tests.peers import digest_in_aiohttp
from tests.peers.raw import reply, replying
from tests.peers.served import status_of, value_of

KEY = (DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
CHALLENGE = (
    'WWW-Authenticate: Digest realm="MMS Public API", domain="", nonce="n1",'
    ' algorithm=MD5, qop="auth", stale=false'
)

TURNS = [
    (RETIRED, V2),
    (INSTANCE, V2),
    (UNTOUCHED, FLEX),
    (OLD + "?pageNum=1&itemsPerPage=2", V2),
] * 2
"""Rewritten, legacy-route and unrecognized calls in turn."""


CURL = (
    "curl",
    "-sS",
    "--digest",
    "-u",
    ":".join(KEY),
    "-w",
    "%{http_code}\n",
    "-o",
    "/dev/null",
)


def by_httpx(seen):
    with httpx.Client(base_url=seen.url, auth=httpx.DigestAuth(*KEY)) as client:
        replies = [
            client.get(path, headers={"Accept": accept}) for path, accept in TURNS
        ]
    assert [len(reply.history) for reply in replies] == [1] + [0] * (len(TURNS) - 1)
    return [reply.status_code for reply in replies]


def by_requests(seen):  # it quotes algorithm and qop
    with requests.Session() as client:
        client.auth = HTTPDigestAuth(*KEY)
        replies = [
            client.get(seen.url + path, headers={"Accept": accept})
            for path, accept in TURNS
        ]
    assert [len(reply.history) for reply in replies] == [1] + [0] * (len(TURNS) - 1)
    return [reply.status_code for reply in replies]


def by_aiohttp(seen):
    async def all_calls():
        async with aiohttp.ClientSession(
            middlewares=digest_in_aiohttp.signing(*KEY)
        ) as client:
            statuses = []
            for path, accept in TURNS:
                # A response that is not closed keeps its connection until the garbage
                # collector warns.
                async with client.get(
                    seen.url + path, headers={"Accept": accept}
                ) as reply:
                    statuses.append(reply.status)
            return statuses

    return asyncio.run(all_calls())


def by_curl(seen):
    calls = [
        [*CURL[1:], "-H", f"Accept: {accept}", seen.url + path, "--next"]
        for path, accept in TURNS
    ]
    command = [CURL[0], *itertools.chain.from_iterable(calls)][:-1]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(row) for row in done.stdout.split()]


def by_go(seen):
    """MongoDB's Go clients ask for a challenge each time, and quote the algorithm."""
    statuses = []
    for path, accept in TURNS:
        parts = Signature(nonce_of(seen, path), uri=path).parts | {"algorithm": '"MD5"'}
        order = (
            "username",
            "realm",
            "nonce",
            "uri",
            "response",
            "algorithm",
            "qop",
            "nc",
            "cnonce",
        )
        head, _ = seen.ask(
            path, line([(name, parts[name]) for name in order]), f"Accept: {accept}"
        )
        statuses.append(status_of(head))
    return statuses


@pytest.mark.parametrize("client", [by_httpx, by_requests, by_aiohttp, by_curl, by_go])
def test_all_calls_of_a_client_succeed(client):
    """Each side has one challenge, and upstream gets each call once."""
    with world("verify") as seen:
        assert client(seen) == [200] * len(TURNS)
        assert len(seen.targets) == len(TURNS) + 1


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [20, 1_000_000])
def test_writes_with_content_succeed(size, chunked):
    """Their content is stored for a second attempt."""
    content = bytes(range(256)) * (size // 256 + 1)
    denied = reply(b"{}", CHALLENGE, status="401 Unauthorized")
    with (
        replying(denied, reply(b"done")) as upstream,
        signing("verify", upstream.origin, allow=ALL) as served,
    ):
        with httpx.Client(base_url=served.url, auth=httpx.DigestAuth(*KEY)) as client:
            # Leaves a nonce in the client, which a generator needs.
            assert client.get("/x").text == "done"
            upstream.heads.clear()
            upstream.contents.clear()
            answer = client.post("/x", content=iter([content]) if chunked else content)
        assert answer.text == "done"
        methods = [head.split(b" ")[0] for head in upstream.heads]
        assert methods == [b"POST"]
        assert upstream.contents[-1] == content


async def test_overlapping_calls_succeed():
    """With many calls at once for one key, each upstream nonce signs one call at a time."""
    with world("verify") as seen:

        async def caller() -> list[int]:
            async with httpx.AsyncClient(
                base_url=seen.url, auth=httpx.DigestAuth(*KEY)
            ) as client:
                return [
                    (await client.get(path, headers={"Accept": accept})).status_code
                    for path, accept in TURNS
                ]

        statuses = await asyncio.gather(*(caller() for _ in range(8)))
        assert statuses == [[200] * len(TURNS)] * 8
        # Each of the simultaneous calls gets one challenge, and none is refused because
        # of its count.
        assert len(seen.targets) <= 8 * len(TURNS) + 8


def test_a_bearer_token_is_passed_on():
    """Only upstream checks tokens."""
    with world("verify") as seen:
        for path, accept in TURNS:
            lines = (f"Authorization: Bearer {DEMO_TOKEN}", f"Accept: {accept}")
            assert status_of(seen.ask(path, *lines)[0]) == 200
        assert (
            status_of(
                seen.ask(RETIRED, "Authorization: Bearer bad", f"Accept: {V2}")[0]
            )
            == 401
        )
        assert seen.fake.arrivals[-1].header("Authorization") == "Bearer bad"


@pytest.mark.parametrize("mode", ["passthrough", "own", "verify"])
def test_sign_in_of_service_accounts_is_passed_on(mode):
    """Official clients derive these URLs from the base URL, so they work in every mode."""
    with world(mode) as seen, httpx.Client(base_url=seen.url) as client:
        form = {"grant_type": "client_credentials"}
        account = ("mdb_sa_id_000000000000000000000000", "mdb_sa_sk_demo")
        token = client.post("/api/oauth/token", data=form, auth=account).json()[
            "access_token"
        ]
        headers = {"Authorization": f"Bearer {token}", "Accept": V2}
        assert client.get(RETIRED, headers=headers).status_code == 200
        gone = client.post("/api/oauth/revoke", data={"token": token}, auth=account)
        assert gone.status_code == 200
        assert client.get(UNTOUCHED, headers=headers).status_code == 401


def test_a_switched_off_gateway_still_verifies_and_signs():
    """Without translation, a verified retired call is sent on signed, and others are refused."""
    with world("verify", route=RouteWord.OFF) as seen:
        assert status_of(seen.ask(RETIRED, f"Accept: {V2}")[0]) == 401
        assert not seen.targets
        with httpx.Client(base_url=seen.url, auth=httpx.DigestAuth(*KEY)) as client:
            assert client.get(RETIRED, headers={"Accept": V2}).status_code == 410
            assert client.get(UNTOUCHED, headers={"Accept": FLEX}).status_code == 200
        assert set(seen.targets) == {RETIRED, UNTOUCHED}


def test_tls_is_served_with_a_certificate(tmp_path):
    """Links in responses then begin with https."""
    caller = certified(tmp_path)
    with (
        world("own", **caller.options) as seen,
        httpx.Client(verify=caller.context) as client,
    ):
        assert seen.url.startswith("https://127.0.0.1:")
        page = client.get(seen.url + RETIRED, headers={"Accept": V2}).json()
        assert page["links"][0]["href"].startswith(seen.url + RETIRED)


def test_the_base_path_is_part_of_the_signed_target():
    """The caller signs the public URL's path, and upstream gets Atlas's path."""
    with world("verify", public_url="http://tools.test/atlas") as seen:
        target = f"/atlas{UNTOUCHED}"
        nonce = (
            value_of(seen.ask(target, host="tools.test")[0], "WWW-Authenticate") or ""
        ).split('"')[5]
        mine = line(Signature(nonce, uri=target).parts)
        assert (
            status_of(seen.ask(target, mine, f"Accept: {FLEX}", host="tools.test")[0])
            == 200
        )
        assert set(seen.targets) == {UNTOUCHED}
