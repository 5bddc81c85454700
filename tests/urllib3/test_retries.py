# mypy: disable-error-code="attr-defined, union-attr, arg-type"
# (urllib3's types know no attribute of ours)
"""The caller's Retry applies to each request that is sent, the Timeout to all of them together."""

import pytest

from shim.doors.urllib3.responses import waits_of
from shim.urllib3 import Retry, Timeout
from tests.doors.calls import EMPTY, SNAPSHOTS
from tests.peers.answering import reply


def in_turn(*replies):
    """An Atlas that gives these replies to requests of the successor, one after another."""
    left = list(replies)
    return lambda request: left.pop(0)


@pytest.mark.parametrize("retries", [None, 2, Retry(2, status_forcelist=[503])])
def test_each_request_is_retried(raw, http, retries):
    """A broken connection, a Retry-After or a listed status repeats a read.

    The URL is the caller's.
    """
    busy = reply("503 Service Unavailable", "Retry-After: 0", body=b'{"error": 503}')
    server = raw(in_turn(None, busy, reply("200 OK", body=EMPTY)))
    response = http.request("GET", f"{server.url}{SNAPSHOTS}", retries=retries)
    assert response.status == 200
    assert len(server.requests) == 3
    assert [(entry.status, entry.url) for entry in response.retries.history] == [
        (None, SNAPSHOTS),
        (503, SNAPSHOTS),
    ]
    assert type(response.retries) is Retry


@pytest.mark.parametrize("status", [404, 503])
def test_exhausted_retries_may_return_the_response(raw, http, status):
    """The last response is returned if the caller wants no exception."""
    server = raw(lambda request: reply(f"{status} No", body=b'{"error": 1}'))
    retries = Retry(1, status_forcelist=[status], raise_on_status=False)
    assert (
        http.request("GET", f"{server.url}{SNAPSHOTS}", retries=retries).status
        == status
    )


@pytest.mark.parametrize(("timeout", "seconds", "waits"), [
    (None, None, (None, None)), (3, 6, (3, 3)), ((3.05, 27), 30.05, (3.05, 27)), ((None, 2), 2, (None, 2)),
    ((2, None), None, (2, None)), (Timeout(connect=1, read=2), 3, (1, 2)), (Timeout(total=5), 5, (5, 5)),
    (Timeout(total=5, read=2), 5, (5, 2)), (Timeout(), None, (None, None)),
])  # fmt: skip
def test_every_form_of_a_timeout_is_understood(timeout, seconds, waits):
    """It may be a number, requests' pair, or urllib3's own class."""
    assert waits_of(timeout) == (seconds, waits)
