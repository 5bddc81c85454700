"""When a call of the typed client is made again: how often, after how long, and never a write on a guess."""

import copy
from types import SimpleNamespace

import pytest

from shim import errors, httpx
from shim.atlas import Retries
from shim.errors import SettingsError
from shim.fake import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_CLUSTER, DEMO_GROUP, FakeReply
from shim.fake.rate_limit import RateLimit

ID = "6a6f78e0cab84da5c4476b25"
GATEWAY_BUSY = httpx.Response(503, json={"errorCode": "SHIM_BUSY", "error": 503}, headers={"Retry-After": "1"})


@pytest.fixture(autouse=True)
def legacy(before_sunset):
    """What is repeated is looked at on calls that are sent as they are."""


class Timer:
    """A clock that only ``sleep`` moves on, and the waits so far."""

    def __init__(self):
        self.now, self.waits = 1000.0, []

    def sleep(self, seconds):
        """Let so many seconds pass."""
        self.waits.append(seconds)
        self.now += seconds

    def retries(self, **policy):
        """Return a policy that waits by this clock, as long as its jitter allows."""
        return Retries(**{"random": lambda: 1.0, "clock": lambda: self.now, "sleep": self.sleep} | policy)


@pytest.fixture
def timer():
    return Timer()


def read(client):
    return client.serverless_instances.get_serverless_instance(DEMO_GROUP, DEMO_CLUSTER)


def write(client):
    return client.cloud_backups.create_serverless_restore_job(
        DEMO_GROUP,
        DEMO_CLUSTER,
        delivery_type="automated",
        target_cluster_name=DEMO_CLUSTER,
        target_group_id=DEMO_GROUP,
        snapshot_id=ID,
    )


@pytest.fixture
def tried(connect):
    """Makes a call that is answered with these in turn, the last for ever; returns its result and the requests."""

    def try_(call, *answers, **options):
        sent = []

        def answer(request):
            sent.append(request)
            now = answers[min(len(sent), len(answers)) - 1]
            if isinstance(now, Exception):
                raise copy.copy(now)
            return httpx.Response(now.status_code, content=now.content, headers=now.headers)  # no client has read it

        try:
            result = call(connect(answer, **options))
        except (errors.AtlasError, httpx.TransportError) as error:
            result = error
        return SimpleNamespace(result=result, sent=sent)

    return try_


def limited(**headers):
    return httpx.Response(429, json={"error": 429, "errorCode": "RATE_LIMITED"}, headers=headers)


GOOD = httpx.Response(200, json={"id": ID})
UNAVAILABLE = httpx.Response(503)


@pytest.mark.parametrize("answer", [limited(), UNAVAILABLE, httpx.ReadError("cut"), httpx.RemoteProtocolError("cut")])
def test_a_read_is_made_again(tried, timer, answer):
    """After 429, 503 and a fault on the way; the wait doubles."""
    done = tried(read, answer, answer, GOOD, retries=timer.retries())

    assert done.result.id == ID
    assert timer.waits == [0.5, 1.0]
    assert [request.url for request in done.sent] == [done.sent[0].url] * 3


def test_the_wait_is_random(tried, timer):
    """Any part of the whole wait may be waited ("full jitter"), so that callers do not come back together."""
    tried(read, UNAVAILABLE, GOOD, retries=timer.retries(random=lambda: 0.25, backoff=8))

    assert timer.waits == [2.0]


def test_retry_after_is_obeyed(tried, timer):
    """Seconds are waited in full, and jitter comes on top of them."""
    tried(read, limited(**{"Retry-After": "3"}), GOOD, retries=timer.retries(random=lambda: 0.5))

    assert timer.waits == [3.25]


def test_a_date_is_waited_for(tried, timer, monkeypatch):
    """The other form that RFC 9110 has (10.2.3) counts from now on."""
    monkeypatch.setattr("shim.atlas.replies.time.time", lambda: 1769040000.0)
    date = "Thu, 22 Jan 2026 00:00:03 GMT"
    tried(read, limited(**{"Retry-After": date}), GOOD, retries=timer.retries(backoff=0))

    assert timer.waits == [3.0]


def test_the_last_attempt_is_the_last(tried, timer):
    """The error stands then, and says how often the call was made."""
    done = tried(read, UNAVAILABLE, retries=timer.retries(attempts=4, backoff=0.1))

    assert done.result.status == 503
    assert len(done.sent) == 4
    assert done.result.__notes__ == ["atlas-shim: 4 attempts were made."]


def test_the_log_tells_of_each_wait(tried, timer, caplog):
    """Whoever wonders what took so long finds it at INFO."""
    caplog.set_level("INFO", logger="shim.atlas")
    tried(read, limited(**{"Retry-After": "2"}), httpx.ReadError("cut"), GOOD, retries=timer.retries(backoff=0.5))

    lines = [record.getMessage() for record in caplog.records if record.name == "shim.atlas"]
    assert lines == [
        "attempt 1 of 3: 429 RATE_LIMITED; the next one in 2.5 s",
        "attempt 2 of 3: ReadError; the next one in 1 s",
    ]


def test_no_retries(tried):
    """None switches them off."""
    done = tried(read, limited(**{"Retry-After": "1"}), retries=None)

    assert (done.result.retry_after, len(done.sent)) == (1.0, 1)


@pytest.mark.parametrize(("policy", "said"), [({"longest_wait": 3.0}, "4"), ({}, "60"), ({}, "1000000")])
def test_a_wait_that_is_too_long_is_not_begun(tried, timer, policy, said):
    """Beyond the caller's cap, and beyond the call's timeout (5 s here), the error is raised at once and says it."""
    done = tried(read, limited(**{"Retry-After": said}), retries=timer.retries(**policy))

    assert type(done.result) is errors.RateLimitedError
    assert done.result.retry_after == float(said)
    assert (timer.waits, len(done.sent)) == ([], 1)
    assert "not repeated" in done.result.__notes__[0]


def test_all_attempts_share_the_time_of_one(tried, timer):
    """A later attempt has no more than what is left of the call's timeout, 5 s here, for each of its steps."""
    done = tried(read, limited(**{"Retry-After": "3"}), GOOD, retries=timer.retries(backoff=0))

    assert [request.extensions["timeout"]["read"] for request in done.sent] == [5.0, 2.0]


def test_without_a_timeout_the_cap_alone_counts(tried, timer):
    """Whoever waits for ever waits for Retry-After, too."""
    retries = timer.retries(longest_wait=3600, backoff=0)
    done = tried(read, limited(**{"Retry-After": "3000"}), GOOD, retries=retries, http={"timeout": None})

    assert (done.result.id, timer.waits) == (ID, [3000.0])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 500, 502, 504])
@pytest.mark.parametrize("call", [read, write])
def test_any_other_answer_stands(tried, timer, call, status):
    """A refusal does not change, and a failure in the middle may have been more than that."""
    done = tried(call, httpx.Response(status, json={"error": status, "errorCode": "X"}), retries=timer.retries())

    assert (done.result.status, timer.waits) == (status, [])


@pytest.mark.parametrize(
    "answer",
    [
        limited(**{"Retry-After": "1"}),
        GATEWAY_BUSY,
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.PoolTimeout("full"),
    ],
)
def test_a_write_is_made_again_where_nothing_was_executed(tried, timer, answer):
    """A rate limit, a gateway of ours that sent nothing, and no connection at all."""
    done = tried(write, answer, GOOD, retries=timer.retries())

    assert done.result.id == ID
    assert [request.content for request in done.sent] == [done.sent[0].content] * 2


@pytest.mark.parametrize(
    "answer",
    [
        UNAVAILABLE,
        httpx.Response(503, json={"errorCode": "SERVICE_UNAVAILABLE"}, headers={"Retry-After": "1"}),
        httpx.Response(502, json={"errorCode": "SHIM_UPSTREAM_UNREACHABLE"}),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("cut"),
        httpx.WriteError("cut"),
        httpx.WriteTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_a_write_is_never_made_again_on_a_guess(tried, timer, answer):
    """Upstream's own 503 and a connection that ended may come after the write."""
    done = tried(write, answer, retries=timer.retries())

    assert isinstance(done.result, Exception)
    assert len(done.sent) == 1


def test_where_redirects_are_followed_no_connection_proves_nothing(tried, timer):
    """The connection that was not made may be the one after 303, and the write is done."""
    see_other = httpx.Response(303, headers={"Location": "https://elsewhere.example/"})
    refused = httpx.ConnectError("refused")
    done = tried(write, see_other, refused, retries=timer.retries(), http={"follow_redirects": True})

    assert isinstance(done.result, httpx.ConnectError)
    assert [request.method for request in done.sent] == ["POST", "GET"]


def test_a_rate_limit_while_signing_in_is_waited_for(connect, fake, timer):
    """The token endpoint has limits, too; the call itself was not sent."""
    answers = iter([FakeReply(429, (("Retry-After", "2"),), b"{}")])
    fake.overrides.append(lambda arrival: next(answers, None) if "oauth" in arrival.target else None)
    account = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}

    assert read(connect(fake, retries=timer.retries(backoff=0), **account)).name == DEMO_CLUSTER
    assert timer.waits == [2.0]


def test_each_page_of_an_iteration_may_be_tried_again(connect, fake, timer):
    """A rate limit in the middle neither ends an iteration nor begins it anew."""
    fake.rate_limit = RateLimit(capacity=2, refill=2, period=3)

    def sleep(seconds):
        fake.advance(seconds)
        timer.sleep(seconds)

    backups = connect(fake, retries=timer.retries(sleep=sleep, backoff=0)).cloud_backups
    snapshots = backups.iter_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER, items_per_page=3)

    assert len({snapshot.id for snapshot in snapshots}) == len(snapshots) == 8
    assert timer.waits == [3.0]


def test_a_sleep_of_the_callers_own_may_be_awaited(tried, kind):
    """An async client awaits it, a blocking one calls it."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    done = tried(read, UNAVAILABLE, GOOD, retries=Retries(sleep=sleep if kind.portal else waits.append))
    assert (done.result.id, len(waits)) == (ID, 1)


def test_the_real_sleep(tried):
    """Without one of the caller's, the thread or the task sleeps."""
    assert tried(read, UNAVAILABLE, GOOD, retries=Retries(backoff=0.001)).result.id == ID


@pytest.mark.parametrize(
    ("name", "value"),
    [("attempts", 0), ("backoff", -1), ("backoff", float("nan")), ("longest_wait", float("inf"))],
)
def test_a_policy_without_a_meaning(name, value):
    """The error names the field."""
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Retries(**{name: value})
