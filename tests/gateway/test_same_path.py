"""A call whose successor has its very path, and another version: the caller's HTTP Digest signature still fits."""

import json
import random
import subprocess

import httpx
import pytest
import requests
import requests.auth

from shim.core.settings import parse_sunsets
from shim.fake.sign_in import DigestCheck, Verdict
from tests.peers.scripted import GONE, ok, upstream, wire
from tests.peers.served import gateway

CLUSTERS = "/api/atlas/v2/groups/g1/clusters"
CLUSTER = f"{CLUSTERS}/c1"
OLD = "application/vnd.atlas.2023-02-01+json"
OVER = parse_sunsets("clusters=2020-01-01")


@pytest.fixture
def atlas():
    """An Atlas that takes each nonce count once, has one cluster, and knows no version of it but the new one."""
    check = DigestCheck({"public": "private"}, random.Random(1))

    def answer(arrival):
        scheme, _, given = arrival.fields.get("authorization", "").partition(" ")
        verdict = check.verify(given, arrival.method, arrival.target, 0.0) if scheme == "Digest" else Verdict.WRONG
        if verdict is not Verdict.GOOD:
            challenge = check.challenge(0.0, stale=verdict is Verdict.STALE)
            return wire(401, (("WWW-Authenticate", challenge), ("Content-Type", "application/json")), b"{}")
        if "2024-08-05" not in arrival.fields["accept"]:
            return GONE
        return ok({"name": "c1"} if arrival.path == CLUSTER else {"results": [{"name": "c1"}], "totalCount": 1})

    with upstream(answer) as peer:
        yield peer


def curl(url):
    """Return the status that curl gets with an API key, and the content."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", "--digest", "-u", "public:private", "-H", f"Accept: {OLD}", url]
    content, _, status = subprocess.run(command, capture_output=True, check=True, text=True).stdout.rpartition("\n")
    return int(status), content


def by(library):
    """Return what calls with an API key by a Python library."""
    auth = httpx.DigestAuth if library is httpx else requests.auth.HTTPDigestAuth

    def get(url):
        answer = library.get(url, auth=auth("public", "private"), headers={"Accept": OLD})
        return answer.status_code, answer.text

    return get


@pytest.mark.parametrize("call", [curl, by(httpx), by(requests)], ids=["curl", "httpx", "requests"])
def test_an_api_key_crosses_to_another_version_of_its_path(atlas, call):
    """By the date the successor is asked at once: its challenge is the caller's to meet."""
    with gateway(atlas.origin, sunset=OVER) as served:
        status, content = call(served.url + CLUSTER)
    assert (status, json.loads(content)["name"]) == (200, "c1")
    assert {arrival.target for arrival in atlas.arrivals} == {CLUSTER}


def test_a_signature_that_the_legacy_version_used_up(atlas):
    """A version that ends before its day: curl meets the new challenge, and later calls go to the successor at once."""
    with gateway(atlas.origin) as served:
        assert curl(served.url + CLUSTER)[0] == 200
        assert by(requests)(served.url + CLUSTER)[0] == 200


@pytest.mark.parametrize("query", ["", "?pageNum=1&itemsPerPage=50", "?pageNum=1&other=x"])
def test_a_list_is_asked_for_with_the_callers_own_query(atlas, query):
    """Pages mean the same in both versions, and so does the signature over them."""
    with gateway(atlas.origin, sunset=OVER) as served:
        status, content = curl(f"{served.url}{CLUSTERS}{query}")
    assert (status, json.loads(content)["results"][0]["name"], json.loads(content)["totalCount"]) == (200, "c1", 1)
    assert {arrival.target for arrival in atlas.arrivals} == {f"{CLUSTERS}{query}"}


@pytest.mark.parametrize(
    "target",
    [
        f"{CLUSTER}?pretty=true",
        f"{CLUSTERS}?includeCount=false",
        f"{CLUSTERS}?itemsPerPage=501",
        f"{CLUSTERS}?pageNum=1&pageNum=2",
    ],
)
def test_another_path_or_query_is_told(atlas, target):
    """What is signed is path and query; where one of them changes an API key is told what would work."""
    with gateway(atlas.origin, sunset=OVER) as served:
        status, content = curl(served.url + target)
    assert (status, json.loads(content)["errorCode"]) == (403, "SHIM_DIGEST_CANNOT_CROSS")
