"""Whatever arrives, the fake answers; gzip is for those who accept it."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from tests.fake.asking import FLEX_VERSION, ROOT, Asker

FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"
FAKE = FakeAtlas(today=FakeAtlas().today)
# A loaded machine is slow, and that is no defect.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WIRE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"))
PREFIXES = ["", "/", "/api/oauth/token", ROOT, f"{ROOT}/serverless/", FLEX, f"{FLEX}/", f"{FLEX}?pageNum="]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ORDERS = st.dictionaries(
    st.sampled_from(["snapshotId", "targetDeploymentItemName", "targetProjectId"]),
    st.none() | st.integers() | st.text() | st.sampled_from([DEMO_GROUP, DEMO_CLUSTER]),
)


@PATIENT
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "get"]),
    prefix=st.sampled_from(PREFIXES),
    rest=WIRE,
    credentials=st.one_of(WIRE, WIRE.map("Digest ".__add__), st.just(f"Bearer {DEMO_TOKEN}")),
    accept=WIRE | st.just(FLEX_VERSION),
    body=st.binary(),
)
def test_any_request_gets_an_answer(method, prefix, rest, credentials, accept, body):
    """The reply has a status, and content that is JSON or empty."""
    fields = [("Authorization", credentials), ("Accept", accept), ("Content-Type", "application/json")]
    reply = FAKE.handle(method, prefix + rest, fields, body)
    assert reply.status in {200, 400, 401, 404, 405, 406, 410, 415}
    assert not reply.body or json.loads(reply.body)


@PATIENT
@given(body=JSON | ORDERS)
def test_any_order_gets_an_answer(body):
    """None of these names a snapshot that exists, so each is refused in Atlas' shape."""
    reply = Asker(FAKE)(FLEX.replace("snapshots", "restoreJobs"), "POST", json.dumps(body).encode())
    assert reply.status == reply.json["error"] in {400, 404}


@pytest.mark.parametrize(
    ("accepts", "coded"),
    [("gzip", True), ("deflate, GZIP;q=0.5", True), ("*", True), ("gzip; q=0.000", False), ("br", False), ("", False)],
)
def test_gzip_is_for_those_who_accept_it(accepts, coded):
    """The content is the same, and Vary names Accept-Encoding."""
    ask = Asker(FakeAtlas(today=FakeAtlas().today, gzip=True))
    reply = ask(FLEX, more=(("Accept-Encoding", accepts),))
    assert reply.header("Vary") == "Accept-Encoding"
    assert (reply.header("Content-Encoding") == "gzip") is coded
    assert (gzip.decompress(reply.body) if coded else reply.body) == ask(FLEX).body
