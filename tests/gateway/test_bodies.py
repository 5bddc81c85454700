"""Retired writes through the gateway: the body translated, sent once, bounded."""

import gzip
import json

import pytest

from tests.peers.raw import reply, replying
from tests.peers.served import calling, cross, gateway, get, status_of, value_of

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
CODED = gzip.compress(ORDER)
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
    crossed = cross(request, b"")
    assert (crossed.status, len(crossed.upstream.heads)) == (502, 1)
    assert "unknown" in crossed.json["detail"]


@pytest.mark.parametrize(
    ("lines", "content", "status", "code"),
    [
        (("Authorization: Bearer t",), b"", 400, None),
        (("Content-Length: 70000",), b"", 413, "SHIM_REQUEST_TOO_LARGE"),
        ((f"Content-Length: {len(CODED)}", "Content-Encoding: gzip"), CODED, 415, "SHIM_CONTENT_CODED"),
    ],
    ids=["missing", "too large", "compressed"],
)
def test_body_that_cannot_be_translated_is_refused(lines, content, status, code):
    """A restore that says nothing, is found too long before any of it is sent, or is compressed: nothing is sent."""
    crossed = cross(get(RESTORES, ACCEPT, *lines, method="POST") + content, reply(JOB))
    assert (crossed.status, crossed.json["error"]) == (status, status)
    assert code in {None, crossed.json["errorCode"]}
    assert not crossed.upstream.heads
