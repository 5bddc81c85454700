"""Retries: urllib3 repeats below the shim, a client with its own loop above it."""

import pytest
from aiohttp_retry import ExponentialRetry, RetryClient
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from shim import aiohttp, requests, urllib3
from tests.doors.calls import EMPTY, NOT_FOUND, SNAPSHOTS, flex, gone_then
from tests.peers.answering import reply

STATUSES = [404, 503]


def by_requests(url):
    """Retry by the adapter's Retry."""
    with requests.Session() as session:
        session.mount(
            "http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=STATUSES))
        )
        return session.get(url, timeout=5).status_code


def by_urllib3(url):
    """Retry by the call's Retry."""
    with urllib3.PoolManager() as manager:
        return manager.request(
            "GET", url, retries=Retry(2, status_forcelist=STATUSES)
        ).status


async def by_aiohttp(url):
    """Retry by a client that wraps a session."""
    options = ExponentialRetry(
        attempts=3, start_timeout=0.001, statuses={*STATUSES, 410}
    )
    async with (
        aiohttp.ClientSession() as session,
        RetryClient(session, retry_options=options) as client,
        client.get(url) as response,
    ):
        return response.status


async def ask(by, url):
    """Return the last status."""
    answer = by(url)
    if isinstance(answer, int):
        return answer
    return await answer


async def test_an_intermediate_refusal_is_not_retried(raw, early):
    """The 410 of the retired endpoint is a step of the exchange."""
    server = raw(gone_then(flex))
    assert await by_aiohttp(server.url + SNAPSHOTS) == 200
    assert len(server.requests) == 2


@pytest.mark.parametrize("by", [by_requests, by_urllib3, by_aiohttp])
async def test_a_retryable_reply_is_retried(raw, by):
    """For example, a cluster is not ready yet."""
    answers = [
        reply("200 OK", body=EMPTY),
        *[reply("404 Not Found", body=NOT_FOUND)] * 2,
    ]
    server = raw(gone_then(lambda _: answers.pop()))
    assert await ask(by, server.url + SNAPSHOTS) == 200


@pytest.mark.parametrize("by", [by_requests, by_urllib3])
@pytest.mark.parametrize("status", ["404 Not Found", "503 Service Unavailable"])
async def test_exhausted_retries_are_the_library_s_error(raw, by, status):
    """It has the caller's URL, and nothing of the successor."""
    server = raw(lambda request: reply(status, body=NOT_FOUND))
    errors = (requests.exceptions.RetryError, urllib3.exceptions.MaxRetryError)
    with pytest.raises(
        errors, match=rf"^HTTPConnectionPool.*{SNAPSHOTS}.*too many {status[:3]}"
    ) as caught:
        await ask(by, server.url + SNAPSHOTS)
    assert "flexClusters" not in str(caught.value)
