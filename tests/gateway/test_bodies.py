"""Retired writes through the gateway: the body translated, sent once, bounded."""

import gzip
import json

from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

GROUP, NAME = "6510aa1b2c3d4e5f60718293", "orders"
ACCEPT = "Accept: application/vnd.atlas.2023-01-01+json"
RESTORES = f"/api/atlas/v2/groups/{GROUP}/serverless/{NAME}/backup/restoreJobs"
ORDER = json.dumps(
    {
        "deliveryType": "automated",
        "snapshotId": "6b05c3c6f892dad018f3f094",
        "targetClusterName": "other",
        "targetGroupId": GROUP,
    }
).encode()
JOB = (
    b'{"deliveryType":"RESTORE","id":"6b05c3c6f892dad018f3f095","instanceName":"orders","status":"PENDING",'
    b'"projectId":"6510aa1b2c3d4e5f60718293","snapshotId":"6b05c3c6f892dad018f3f094",'
    b'"targetDeploymentItemName":"other","targetProjectId":"6510aa1b2c3d4e5f60718293"}'
)


def test_body_is_translated_and_framed_anew():
    """A restore's body reaches the successor in its terms, with its own length, asked for by 100-continue."""
    with replying(reply(JOB)) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get(RESTORES, ACCEPT, f"Content-Length: {len(ORDER)}", "Expect: 100-continue", method="POST"))
        assert peer.take(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.send(ORDER)
        head, content = peer.message()
    assert status_of(head) == 200
    assert json.loads(content)["deliveryType"] == "automated"
    sent = json.loads(upstream.contents[0])
    assert sent["targetDeploymentItemName"] == "other"
    assert value_of(upstream.heads[0], "Content-Length") == str(len(upstream.contents[0]))


def test_dropped_write_is_not_sent_again():
    """A restore whose answer got lost was sent once, and the caller is told so."""
    request = get(RESTORES, ACCEPT, f"Content-Length: {len(ORDER)}", method="POST") + ORDER
    with replying(b"") as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, request)
        assert len(upstream.heads) == 1
    assert status_of(head) == 502
    assert "unknown" in json.loads(content)["detail"]


def test_write_without_its_body_is_refused():
    """A restore that says nothing is 400, and nothing is sent."""
    with replying(reply(JOB)) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get(RESTORES, ACCEPT, method="POST"))
        assert not upstream.heads
    assert (status_of(head), json.loads(content)["error"]) == (400, 400)


def test_body_that_is_too_large_is_refused():
    """A request that has to be translated is bounded, and found too long before any of it is sent."""
    request = get(RESTORES, ACCEPT, "Content-Length: 2000", method="POST")
    with replying(reply(JOB)) as upstream, gateway(upstream.origin, request_limit=1000) as served:
        head, content = ask(served, request)
        assert not upstream.heads
    assert (status_of(head), json.loads(content)["errorCode"]) == (413, "SHIM_REQUEST_TOO_LARGE")


def test_body_that_is_compressed_is_refused():
    """A body that has to be translated comes uncompressed."""
    coded = gzip.compress(ORDER)
    request = get(RESTORES, ACCEPT, f"Content-Length: {len(coded)}", "Content-Encoding: gzip", method="POST")
    with replying(reply(JOB)) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, request + coded)
        assert not upstream.heads
    assert (status_of(head), json.loads(content)["errorCode"]) == (415, "SHIM_CONTENT_CODED")
