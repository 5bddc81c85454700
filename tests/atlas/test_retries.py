"""Retries of the typed client: how often, after how long, and never for a write that may have been executed."""

import copy
from types import SimpleNamespace

import pytest

from shim import errors, httpx
from shim.atlas import Retries
from shim.errors import SettingsError
from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    FakeReply,
)
from tests.atlas.conftest import order

ID = "6a6f78e0cab84da5c4476b25"


pytestmark = pytest.mark.usefixtures("before_sunset")


@pytest.fixture
def timer(monkeypatch):
    """A clock that only waits advance, the waits so far, and the part of the jitter that is used."""
    timer = SimpleNamespace(now=1000.0, waits=[], part=1.0)

    def sleep(seconds):
        timer.waits.append(seconds)
        timer.now += seconds

    async def asleep(seconds):
        sleep(seconds)

    monkeypatch.setattr(
        "shim.atlas.retries.time", SimpleNamespace(monotonic=lambda: timer.now)
    )
    monkeypatch.setattr(
        "shim.atlas.retries.random",
        SimpleNamespace(uniform=lambda low, high: high * timer.part),
    )
    monkeypatch.setattr("shim.atlas.calls.time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr("shim.atlas.calls.anyio", SimpleNamespace(sleep=asleep))
    return timer


def read(client):
    return client.serverless_instances.get_serverless_instance(DEMO_GROUP, DEMO_CLUSTER)


def write(client):
    return order(client, ID)


@pytest.fixture
def tried(connect):
    """Make a call with these replies in turn, the last one from then on; return its result and the requests."""

    def try_(call, *answers, **options):
        sent = []

        def answer(request):
            sent.append(request)
            now = answers[min(len(sent), len(answers)) - 1]
            if isinstance(now, Exception):
                raise copy.copy(now)
            # No client has read it.
            return httpx.Response(
                now.status_code, content=now.content, headers=now.headers
            )

        try:
            result = call(connect(answer, **options))
        except (errors.AtlasError, httpx.TransportError) as error:
            result = error
        return SimpleNamespace(result=result, sent=sent)

    return try_


def refusal(status, wait=None, code=None):
    if wait is None:
        headers = {}
    else:
        headers = {"Retry-After": wait}
    return httpx.Response(
        status, json={"error": status, "errorCode": code}, headers=headers
    )


GOOD = httpx.Response(200, json={"id": ID})
UNAVAILABLE = httpx.Response(503)


@pytest.mark.parametrize(
    ("answers", "part", "backoff", "waits"),
    [
        ([UNAVAILABLE] * 2, 1.0, 0.5, [0.5, 1.0]),
        ([UNAVAILABLE], 0.25, 8, [2.0]),
        ([refusal(429, "3")], 0.5, 0.5, [3.25]),
        ([refusal(429, "Thu, 22 Jan 2026 00:00:03 GMT")], 1.0, 0, [3.0]),
    ],
    ids=["backoff", "jitter", "seconds", "date"],
)
def test_a_wait_is_part_of_a_doubling_time(
    tried, timer, monkeypatch, answers, part, backoff, waits
):
    """It is "full jitter" on top of Retry-After in one of its forms (RFC 9110, 10.2.3)."""
    monkeypatch.setattr("shim.atlas.replies.time.time", lambda: 1769040000.0)
    timer.part = part
    done = tried(read, *answers, GOOD, retries=Retries(backoff=backoff))
    assert done.result.id == ID
    assert timer.waits == waits
    assert {request.url for request in done.sent} == {done.sent[0].url}


def test_the_last_error_has_the_number_of_attempts(tried, timer):
    """It is raised after the last one; None switches retries off."""
    done = tried(read, UNAVAILABLE, retries=Retries(attempts=4, backoff=0.1))
    assert done.result.status == 503
    assert len(done.sent) == 4
    assert done.result.__notes__ == [
        "atlas-shim: attempt 4 of 4 was the last: the next would have to wait 0.8 s."
    ]
    assert len(tried(read, UNAVAILABLE, retries=None).sent) == 1


def test_each_wait_is_logged(tried, timer, caplog):
    """The level is INFO, so a user can find the reason of a delay."""
    caplog.set_level("INFO", logger="shim.atlas")
    tried(
        read,
        refusal(429, "2", "X"),
        httpx.ReadError("cut"),
        GOOD,
        retries=Retries(backoff=0.5),
    )
    assert [
        record.getMessage() for record in caplog.records if record.name == "shim.atlas"
    ] == [
        "attempt 1 of 3: 429 X; the next one in 2.5 s",
        "attempt 2 of 3: ReadError; the next one in 1 s",
    ]


@pytest.mark.parametrize(
    ("policy", "said"), [({"longest_wait": 3.0}, "4"), ({}, "60"), ({}, "1000000")]
)
def test_a_wait_that_is_too_long_is_not_started(tried, timer, policy, said):
    """Beyond the caller's limit or the call's timeout (5 s here) the error is raised at once, with that reason."""
    done = tried(read, refusal(429, said), retries=Retries(**policy))
    assert type(done.result) is errors.RateLimitedError
    assert done.result.retry_after == float(said)
    assert timer.waits == []
    assert len(done.sent) == 1
    assert (
        "attempt 1 of 3 was the last: the next would have to wait"
        in done.result.__notes__[0]
    )


def test_all_attempts_share_one_timeout(tried, timer):
    """Each step of a later attempt has only the rest of the call's timeout, 5 s here."""
    done = tried(read, refusal(429, "3"), GOOD, retries=Retries(backoff=0))
    assert [request.extensions["timeout"]["read"] for request in done.sent] == [
        5.0,
        2.0,
    ]


@pytest.mark.parametrize(("answer", "repeated"), [
    (refusal(429, "1"), [read, write]), (refusal(503, "1", "SHIM_BUSY"), [read, write]),
    (httpx.ConnectError("refused"), [read, write]), (httpx.ConnectTimeout("slow"), [read, write]),
    (httpx.PoolTimeout("full"), [read, write]), (refusal(503, "1", "SERVICE_UNAVAILABLE"), [read]),
    (httpx.ReadTimeout("slow"), [read]), (httpx.ReadError("cut"), [read]), (httpx.WriteError("cut"), [read]),
    (httpx.WriteTimeout("slow"), [read]), (httpx.RemoteProtocolError("cut"), [read]),
    (refusal(502, code="SHIM_UPSTREAM_UNREACHABLE"), []),
    *((refusal(status), []) for status in (400, 401, 403, 404, 409, 410, 500, 502, 504)),
])  # fmt: skip
@pytest.mark.parametrize("call", [read, write])
def test_only_an_unexecuted_write_is_repeated(tried, timer, answer, repeated, call):
    """Upstream's own 503, or an interrupted connection, may come after its execution."""
    done = tried(call, answer, GOOD, retries=Retries())
    assert len(done.sent) == (2 if call in repeated else 1)
    assert len({request.content for request in done.sent}) == 1
    assert isinstance(done.result, Exception) == (call not in repeated)


def test_with_redirects_a_failed_connection_proves_nothing(tried, timer):
    """It may be the one after a 303, and the write is already done."""
    see_other = httpx.Response(303, headers={"Location": "https://elsewhere.example/"})
    refused = httpx.ConnectError("refused")
    done = tried(
        write, see_other, refused, retries=Retries(), http={"follow_redirects": True}
    )
    assert isinstance(done.result, httpx.ConnectError)
    assert [request.method for request in done.sent] == ["POST", "GET"]


def test_a_rate_limit_of_the_token_endpoint_is_waited_for(connect, fake, timer):
    """The call itself was not sent."""
    answers = iter([FakeReply(429, (("Retry-After", "2"),), b"{}")])
    fake.overrides.append(
        lambda arrival: next(answers, None) if "oauth" in arrival.target else None
    )
    account = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}
    assert (
        read(connect(fake, retries=Retries(backoff=0), **account)).name == DEMO_CLUSTER
    )
    assert timer.waits == [2.0]


def test_each_page_of_an_iteration_may_be_retried(connect, fake, timer):
    """A rate limit in the middle neither ends nor restarts the iteration."""
    limits = iter([None, FakeReply(429, (("Retry-After", "3"),), b"{}")])
    fake.overrides.append(lambda _: next(limits, None))
    backups = connect(fake, retries=Retries(backoff=0)).cloud_backups
    snapshots = backups.iter_serverless_backup_snapshots(
        DEMO_GROUP, DEMO_CLUSTER, items_per_page=3
    )
    assert len({snapshot.id for snapshot in snapshots}) == len(snapshots) == 8
    assert timer.waits == [3.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts", 0),
        ("backoff", -1),
        ("backoff", float("nan")),
        ("longest_wait", float("inf")),
    ],
)
def test_an_invalid_policy_is_refused(name, value):
    """The error includes the field's name."""
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Retries(**{name: value})


def test_without_a_timeout_only_the_limit_of_waits_applies(tried, timer):
    """So Retry-After is waited for."""
    retries = Retries(longest_wait=3600, backoff=0)
    done = tried(
        read, refusal(429, "3000"), GOOD, retries=retries, http={"timeout": None}
    )
    assert done.result.id == ID
    assert timer.waits == [3000.0]
