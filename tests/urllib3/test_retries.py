# mypy: disable-error-code="attr-defined, union-attr, arg-type"
# (urllib3's types know no attribute of ours)
"""The caller's Retry and Timeout are about the call that the caller makes, not about what is sent for it."""

import pytest

from shim import urllib3
from shim.doors.urllib3.responses import waits_of
from shim.urllib3 import Retry, Timeout
from tests.doors.calls import EMPTY, SNAPSHOTS
from tests.peers.answering import reply


def in_turn(*replies):
    """An Atlas that gives these replies to requests of the successor, one after another."""
    left = list(replies)
    return lambda request: left.pop(0)


@pytest.mark.parametrize("retries", [None, 2, Retry(2, status_forcelist=[503])])
def test_the_status_that_the_caller_sees_is_retried(raw, http, retries):
    """As urllib3 does by itself where Retry-After is there, and where the caller lists the status."""
    busy = reply("503 Service Unavailable", "Retry-After: 0", body=b'{"error": 503}')
    server = raw(in_turn(busy, busy, reply("200 OK", body=EMPTY)))
    response = http.request("GET", f"{server.url}{SNAPSHOTS}", retries=retries)
    assert (response.status, len(server.requests)) == (200, 3)
    assert [(entry.status, entry.url) for entry in response.retries.history] == [(503, SNAPSHOTS)] * 2
    assert type(response.retries) is Retry


def test_what_is_used_up_is_said_with_the_callers_url(raw, http):
    """MaxRetryError, or the last response where the caller does not want it raised."""
    server = raw(lambda request: reply("503 Service Unavailable", body=b'{"error": 503}'))
    url = f"{server.url}{SNAPSHOTS}"
    with pytest.raises(urllib3.exceptions.MaxRetryError, match="too many 503 error responses") as caught:
        http.request("GET", url, retries=Retry(1, status_forcelist=[503]))
    assert caught.value.url == SNAPSHOTS
    response = http.request("GET", url, retries=Retry(1, status_forcelist=[503], raise_on_status=False))
    assert (response.status, len(server.requests)) == (503, 4)


def test_a_connection_that_breaks_is_retried_for_a_read(raw, http):
    """The reply was not there yet; the history has the caller's URL."""
    server = raw(in_turn(None, reply("200 OK", body=EMPTY)))
    response = http.request("GET", f"{server.url}{SNAPSHOTS}")
    assert (response.status, len(server.requests)) == (200, 2)
    assert [entry.url for entry in response.retries.history] == [SNAPSHOTS]


@pytest.mark.parametrize(("timeout", "seconds", "waits"), [
    (None, None, (None, None)), (3, 6, (3, 3)), ((3.05, 27), 30.05, (3.05, 27)), ((None, 2), 2, (None, 2)),
    ((2, None), None, (2, None)), (Timeout(connect=1, read=2), 3, (1, 2)), (Timeout(total=5), 5, (5, 5)),
    (Timeout(total=5, read=2), 5, (5, 2)), (Timeout(), None, (None, None)),
])  # fmt: skip
def test_every_form_of_a_timeout_is_understood(timeout, seconds, waits):
    """A number, requests' pair, or urllib3's own."""
    assert waits_of(timeout) == (seconds, waits)
