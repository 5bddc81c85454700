"""Whatever arrives, the fake answers."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas

ROOT = f"/api/atlas/v2/groups/{DEMO_GROUP}"
FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"
FAKE = FakeAtlas(today=FakeAtlas().today)
# A loaded machine is slow, and that is no defect.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WIRE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"))

PREFIXES = st.sampled_from(
    ["", "/", "/api/oauth/token", ROOT, f"{ROOT}/serverless/", FLEX, f"{FLEX}/", f"{FLEX}?", f"{FLEX}?pageNum="]
)
CREDENTIALS = st.one_of(WIRE, WIRE.map("Digest ".__add__), st.just(f"Bearer {DEMO_TOKEN}"))


@PATIENT
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "get"]),
    prefix=PREFIXES,
    rest=WIRE,
    credentials=CREDENTIALS,
    accept=WIRE | st.just("application/vnd.atlas.2024-11-13+json"),
    body=st.binary(),
)
def test_any_request_gets_an_answer(method, prefix, rest, credentials, accept, body):
    """The reply has a status, and content that is JSON or empty."""
    fields = [("Authorization", credentials), ("Accept", accept), ("Content-Type", "application/json")]
    reply = FAKE.handle(method, prefix + rest, fields, body)
    assert reply.status in {200, 400, 401, 404, 405, 406, 410, 415}
    if reply.body:
        json.loads(reply.body)


@PATIENT
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
    | st.dictionaries(
        st.sampled_from(["snapshotId", "targetDeploymentItemName", "targetProjectId"]),
        st.none() | st.integers() | st.text() | st.sampled_from([DEMO_GROUP, DEMO_CLUSTER]),
    )
)
def test_any_order_gets_an_answer(body):
    """None of these names a snapshot that exists, so each is refused in Atlas' shape."""
    fields = [
        ("Authorization", f"Bearer {DEMO_TOKEN}"),
        ("Accept", "application/vnd.atlas.2024-11-13+json"),
        ("Content-Type", "application/json"),
    ]
    reply = FAKE.handle("POST", FLEX.replace("snapshots", "restoreJobs"), fields, json.dumps(body).encode())
    assert reply.status in {400, 404}
    assert json.loads(reply.body)["error"] == reply.status


@pytest.mark.parametrize(
    ("accepts", "coded"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
    ],
)
def test_gzip_is_for_those_who_accept_it(ask, accepts, coded):
    """The content is the same, and Vary names Accept-Encoding."""
    fake = FakeAtlas(today=FakeAtlas().today, gzip=True)
    plain = ask(fake, FLEX).body
    fields = [("Host", "localhost:8080"), ("Authorization", f"Bearer {DEMO_TOKEN}"), ("Accept-Encoding", accepts)]
    reply = fake.handle("GET", FLEX, [*fields, ("Accept", "application/vnd.atlas.2024-11-13+json")])
    assert reply.header("Vary") == "Accept-Encoding"
    assert (reply.header("Content-Encoding") == "gzip") is coded
    assert (gzip.decompress(reply.body) if coded else reply.body) == plain
