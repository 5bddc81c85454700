"""The gateway adds the reason of a core error as Proxy-Status (RFC 9209)."""

import json
from typing import Any

import http_sf
import pytest

from tests.hostile.calls import BACKUP, CALLS, LINES
from tests.hostile.rows import post
from tests.peers.raw import reply, replying
from tests.peers.served import ask, gateway, get, status_of, value_of


def proxy_status(head: bytes) -> tuple[str, dict[str, object]]:
    """Parse the field with a third-party library."""
    parsed: Any = http_sf.parse(
        (value_of(head, "Proxy-Status") or "").encode(), tltype="list"
    )
    ((name, parameters),) = parsed
    return str(name), {
        key: str(value) if type(value) is not int else value
        for key, value in parameters.items()
    }


def test_a_deadline_between_two_upstream_requests_is_504(monkeypatch):
    """The second request isn't sent after the deadline."""
    now = [1_782_900_000.0]
    page = {
        "results": [{"id": "6b05c3c6f892dad018f3f094"}],
        "links": [{"rel": "next", "href": "x"}],
    }

    def clock() -> float:
        now[0] += 61
        return now[0]

    monkeypatch.setattr("shim.gateway.exchange.monotonic", clock)
    with (
        replying(reply(json.dumps(page).encode())) as upstream,
        gateway(upstream.origin) as served,
    ):
        head, content = ask(served, CALLS["retired GET"])
        assert len(upstream.heads) == 1
    assert status_of(head) == 504
    assert json.loads(content)["errorCode"] == "SHIM_DEADLINE_EXCEEDED"
    assert proxy_status(head)[1]["error"] == "http_response_timeout"
    assert proxy_status(head)[1]["received-status"] == 200


@pytest.mark.parametrize(("request_bytes", "code", "error"), [
    (get(f"{BACKUP}/snapshots?pageNum=x", *LINES), "INVALID_QUERY_PARAMETER", "http_request_error"),
    (post(*LINES, "Content-Length: 1", content=b"{", target=f"{BACKUP}/restoreJobs"), None, "http_request_error"),
])  # fmt: skip
def test_a_call_that_the_core_refuses_is_not_sent(request_bytes, code, error):
    """The gateway replies to the caller's mistake itself, and Proxy-Status shows that."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, request_bytes)
        assert not upstream.heads
    assert status_of(head) == 400
    assert code is None or json.loads(content)["errorCode"] == code
    name, said = proxy_status(head)
    assert name == "atlas-shim"
    assert said["error"] == error
    assert "received-status" not in said
