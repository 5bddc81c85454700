"""Generated requests: the gateway replies to each, and never with an internal error."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.peers.served import calling, gateway, status_of

LEGACY = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup"


@pytest.fixture(scope="module")
def served():
    """Run a gateway in front of a fake Atlas."""
    with FakeServer(FakeAtlas()) as atlas, gateway(atlas.url) as running:
        yield running


TOKENS = st.text(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_!#$%&'*+.^`|~0123456789",
    min_size=1,
)
VISIBLE = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_characters="\x7f"),
    max_size=60,
)
ENDS = (
    "/snapshots",
    "/snapshots/",
    "/snapshots/x",
    "/restoreJobs",
    "/restoreJobs/x",
    "",
)
QUERIES = (
    "",
    "?pageNum=0",
    "?itemsPerPage=501&envelope=true",
    "?pretty=%zz&&=&pageNum=1&pageNum=2",
    "?includeCount",
)
FIELDS = st.one_of(
    st.tuples(TOKENS, VISIBLE),
    st.tuples(
        st.sampled_from(
            [
                "Accept",
                "Authorization",
                "Content-Type",
                "Accept-Encoding",
                "Range",
                "If-None-Match",
            ]
        ),
        st.one_of(
            VISIBLE,
            st.sampled_from(
                [
                    "application/vnd.atlas.2024-08-05+json",
                    "*/*;q=0",
                    f"Bearer {DEMO_TOKEN}",
                ]
            ),
        ),
    ),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["deliveryType", "snapshotId", "targetClusterName", "targetGroupId", "x"]), inner
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@example(method="GET", end="/snapshots", query="", more=[], body=b"")
@example(
    method="POST",
    end="/restoreJobs",
    query="?envelope=true",
    more=[],
    body=b'{"deliveryType":"download"}',
)
@given(
    method=st.one_of(
        st.sampled_from(["GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"]), TOKENS
    ),
    end=st.one_of(st.sampled_from(ENDS), VISIBLE.map(lambda text: "/" + text)),
    query=st.one_of(st.sampled_from(QUERIES), VISIBLE.map(lambda text: "?" + text)),
    more=st.lists(FIELDS, max_size=5),
    body=BODIES,
)
def test_generated_requests_cause_no_server_error(
    served, method, end, query, more, body
):
    """Any request, valid or not, gets a reply that isn't the gateway's 500."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in more)
    head = f"{method} {LEGACY}{end}{query} HTTP/1.1\r\nHost: shim.test\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
    with calling(served) as peer:
        peer.send(head.encode("latin-1") + body)
        answer = peer.take(b"\r\n\r\n")
    # An unknown method is the only case that deserves 501 (RFC 9110, 9.1).
    assert status_of(answer) < 500 or status_of(answer) == 501, answer
