"""Digest signatures for a rewritten path, and for a path with only another version."""

import json
import subprocess

import httpx
import pytest
import requests
import requests.auth

from shim.codes import cure_of
from shim.core.settings import RouteWord, parse_sunsets
from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeAtlas,
)
from shim.fake.http import Arrival
from shim.fake.server import FakeServer
from shim.fake.sign_in import SignIn
from tests.peers.raw import reply, replying
from tests.peers.scripted import GONE, ok, upstream, wire
from tests.peers.served import ask, cross, gateway, get, value_of

PATH = f"/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
OLD = "application/vnd.atlas.2023-02-01+json"
CHALLENGE = 'WWW-Authenticate: Digest realm="MMS Public API", domain="", nonce="n", algorithm=MD5, qop="auth"'
DENIED = reply(b"{}", CHALLENGE, status="401 Unauthorized")
SIGNED = f'Authorization: Digest username="u", realm="r", nonce="n", uri="{PATH}", response="s3cret"'


def test_a_signature_for_another_path_is_not_sent():
    """A Digest caller gets an explanation once; upstream gets nothing."""
    crossed = cross(get(PATH, SIGNED), DENIED)
    assert not crossed.upstream.heads
    assert crossed.status == 403
    assert crossed.json["errorCode"] == "SHIM_DIGEST_CANNOT_CROSS"
    assert crossed.value("WWW-Authenticate") is None
    assert cure_of("SHIM_DIGEST_CANNOT_CROSS") in crossed.json["detail"]


def test_a_challenge_that_cannot_be_met_is_replaced():
    """A caller without credentials is not asked to sign a path that isn't sent."""
    crossed = cross(get(PATH), DENIED)
    assert crossed.status == 403
    assert crossed.json["errorCode"] == "SHIM_DIGEST_CANNOT_CROSS"
    assert len(crossed.upstream.heads) == 1
    assert crossed.value("WWW-Authenticate") is None


def by(library):
    """Return a function that calls with an API key, by one Python library."""
    auth = (httpx.DigestAuth) if library is httpx else (requests.auth.HTTPDigestAuth)

    def get(url):
        answer = library.get(
            url, auth=auth("public", "private"), headers={"Accept": OLD}
        )
        return answer.status_code, answer.text

    return get


@pytest.mark.parametrize("call", [by(httpx), by(requests)])
def test_libraries_show_the_explanation(call):
    """A Digest client may raise an error for a 401 without a Digest challenge; it returns a 403."""
    with replying(DENIED) as upstream, gateway(upstream.origin) as served:
        status, content = call(served.url + PATH)
    assert status == 403
    assert json.loads(content)["errorCode"] == "SHIM_DIGEST_CANNOT_CROSS"


def test_the_answer_to_an_invalid_token_is_upstreams():
    """A 401 for a Bearer token is passed on with its challenge."""
    crossed = cross(get(PATH, "Authorization: Bearer expired"), DENIED)
    assert crossed.status == 401
    assert crossed.content == b"{}"
    assert f"WWW-Authenticate: {crossed.value('WWW-Authenticate')}" == CHALLENGE


def test_a_challenge_without_digest_is_upstreams():
    """A 401 with another scheme is passed on."""
    answer = reply(
        b"{}", 'WWW-Authenticate: Bearer realm="digest"', status="401 Unauthorized"
    )
    assert cross(get(PATH), answer).content == b"{}"


def test_digest_works_on_the_legacy_route():
    """The call goes to the path that the caller signed."""
    with (
        replying(DENIED, reply(b"[]")) as upstream,
        gateway(upstream.origin, route=RouteWord.LEGACY) as served,
    ):
        head, _ = ask(served, get(PATH))
        assert f"WWW-Authenticate: {value_of(head, 'WWW-Authenticate')}" == CHALLENGE
        assert ask(served, get(PATH, SIGNED))[1] == b"[]"
        assert SIGNED.encode() in upstream.heads[1]


def curl(
    url: str, *words: str, key: str = "public:private", accept: str = OLD
) -> tuple[int, str]:
    """Return curl's status with an API key, and the content."""
    command = [
        "curl",
        "-sS",
        "-w",
        "\n%{http_code}",
        "--digest",
        "-u",
        key,
        "-H",
        f"Accept: {accept}",
        *words,
        url,
    ]
    content, _, status = subprocess.run(
        command, capture_output=True, check=True, text=True
    ).stdout.rpartition("\n")
    return int(status), content


@pytest.mark.parametrize(("retired", "status"), [(False, 200), (True, 403)])
def test_curl_with_an_api_key(retired, status):
    """It works on a path that isn't retired, and gets an explanation on one that is."""
    if retired:
        path = PATH
    else:
        path = f"/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters"
    key = f"{DEMO_PUBLIC_KEY}:{DEMO_PRIVATE_KEY}"
    accept = "application/vnd.atlas.2024-11-13+json"
    with FakeServer(FakeAtlas()) as fake, gateway(fake.url) as served:
        got, content = curl(served.url + path, key=key, accept=accept)
    assert got == status
    assert ("SHIM_DIGEST_CANNOT_CROSS" in content) == retired


JOBS = PATH.replace("snapshots", "restoreJobs")
ORDER = '{"deliveryType":"automated","snapshotId":"1","targetClusterName":"b","targetGroupId":"c"}'
# libcurl's first request with an API key has no content and no Authorization.
WRITE = (
    "-X",
    "POST",
    "-d",
    ORDER,
)


def test_a_signed_write_by_curl_gets_an_explanation():
    """Its empty first request is treated as a step of Digest, not as an invalid body."""
    with replying(reply(b"{}")) as upstream, gateway(upstream.origin) as served:
        status, content = curl(served.url + JOBS, *WRITE)
        assert status == 403
        assert json.loads(content)["errorCode"] == "SHIM_DIGEST_CANNOT_CROSS"
        assert not upstream.heads


def test_a_signed_write_by_curl_works_on_the_legacy_route():
    """Upstream sends the challenge, and gets the signature with the content."""
    with (
        replying(DENIED, reply(b"[]")) as upstream,
        gateway(upstream.origin, route=RouteWord.LEGACY) as served,
    ):
        assert curl(served.url + JOBS, *WRITE) == (200, "[]")
        assert upstream.contents == [b"", ORDER.encode()]


CLUSTERS = "/api/atlas/v2/groups/g1/clusters"
CLUSTER = f"{CLUSTERS}/c1"
OVER = parse_sunsets("clusters=2020-01-01")


@pytest.fixture
def atlas():
    """An Atlas with one cluster, only in the new version, that accepts each nonce count once."""
    signed_in = SignIn({"public": "private"})

    def answer(arrival):
        refused = signed_in.check(
            Arrival(arrival.method, arrival.target, tuple(arrival.fields.items())), 0.0
        )
        if refused is not None:
            return wire(401, refused.headers, b"{}")
        if "2024-08-05" not in arrival.fields["accept"]:
            return GONE
        return ok(
            {"name": "c1"}
            if arrival.path == CLUSTER
            else {"results": [{"name": "c1"}], "totalCount": 1}
        )

    with upstream(answer) as peer:
        yield peer


@pytest.mark.parametrize(
    "call", [curl, by(httpx), by(requests)], ids=["curl", "httpx", "requests"]
)
def test_an_api_key_works_for_another_version_of_the_path(atlas, call):
    """After the sunset the successor is called at once, and the caller answers its challenge."""
    with gateway(atlas.origin, sunset=OVER) as served:
        status, content = call(served.url + CLUSTER)
    assert status == 200
    assert json.loads(content)["name"] == "c1"
    assert {arrival.target for arrival in atlas.arrivals} == {CLUSTER}


def test_a_version_that_ends_early(atlas):
    """Curl answers the new challenge, and later calls go directly to the successor."""
    with gateway(atlas.origin) as served:
        assert curl(served.url + CLUSTER)[0] == 200
        assert by(requests)(served.url + CLUSTER)[0] == 200


@pytest.mark.parametrize(
    "query", ["", "?pageNum=1&itemsPerPage=50", "?pageNum=1&other=x"]
)
def test_a_list_uses_the_callers_own_query(atlas, query):
    """Pages mean the same in both versions, so the signature is valid."""
    with gateway(atlas.origin, sunset=OVER) as served:
        status, content = curl(f"{served.url}{CLUSTERS}{query}")
    assert status == 200
    assert json.loads(content)["results"][0]["name"] == "c1"
    assert json.loads(content)["totalCount"] == 1
    assert {arrival.target for arrival in atlas.arrivals} == {f"{CLUSTERS}{query}"}


@pytest.mark.parametrize("target", [
    f"{CLUSTER}?pretty=true", f"{CLUSTERS}?includeCount=false", f"{CLUSTERS}?itemsPerPage=501",
    f"{CLUSTERS}?pageNum=1&pageNum=2",
])  # fmt: skip
def test_another_path_or_query_gets_an_explanation(atlas, target):
    """Digest signs path and query; if one changes, the caller gets a fix."""
    with gateway(atlas.origin, sunset=OVER) as served:
        status, content = curl(served.url + target)
    assert status == 403
    assert json.loads(content)["errorCode"] == "SHIM_DIGEST_CANNOT_CROSS"
