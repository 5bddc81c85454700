"""The fake as a whole: the same world for the same seed, its clock, its limits, and what it counts."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_TOKEN, FakeAtlas, FakeReply, RateLimit
from tests.fake.asking import ROOT, Asker

DAY = date(2026, 1, 10)
FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"


def test_the_same_seed_and_day_make_the_same_world():
    """Two fakes of one seed and day answer with the same fields and bodies, another seed has other ids."""
    for target in (
        FLEX,
        f"serverless/{DEMO_CLUSTER}/backup/restoreJobs",
        f"clusters/{DEMO_DEDICATED}/backup/snapshots",
        "serverless",
    ):
        assert Asker(FakeAtlas(today=DAY))(target) == Asker(FakeAtlas(today=DAY))(target)
    assert Asker(FakeAtlas(today=DAY, seed=2))(FLEX).body != Asker(FakeAtlas(today=DAY))(FLEX).body


def test_a_set_date_stands_still():
    """A date is its 00:00 UTC, another zone is converted, a bare datetime is UTC; without one the clock is the time."""
    seconds = iter(range(100))
    fake = FakeAtlas(today=date(2026, 1, 22), clock=lambda: next(seconds), demo=False)
    assert fake.today == fake.today == datetime(2026, 1, 22, tzinfo=UTC)
    fake.today = datetime(2026, 1, 22, 1, tzinfo=timezone(timedelta(hours=2)))
    assert fake.today == datetime(2026, 1, 21, 23, tzinfo=UTC)
    fake.today = datetime(2026, 1, 22)  # noqa: DTZ001 - a naive one is what is tested
    assert fake.today == datetime(2026, 1, 22, tzinfo=UTC)
    assert FakeAtlas(clock=lambda: 86400.0, demo=False).today == datetime(1970, 1, 2, tzinfo=UTC)


def test_every_arrival_is_counted(fake, ask):
    """Reads, writes and refused requests are listed in order, with all that was sent and no credential in a repr."""
    ask(FLEX)
    ask(f"{FLEX}?pageNum=x")
    ask(FLEX, "POST", {"a": 1})
    fake.handle("GET", "/nowhere")
    assert [each.method for each in fake.arrivals] == ["GET", "GET", "POST", "GET"]
    assert [each.target for each in fake.trips("GET", "snapshots")] == [FLEX, f"{FLEX}?pageNum=x"]
    (write,) = fake.trips("POST")
    assert (write.body, write.header("content-type")) == (b'{"a": 1}', "application/json")
    assert (write.path, write.query) == (FLEX, "")
    assert DEMO_TOKEN not in repr(fake.arrivals) + repr(fake) + repr(vars(fake))


def test_an_override_answers_instead(fake, ask):
    """The first override with an answer replaces the fake's own, and the arrival is counted."""
    broken = FakeReply(503, (("Retry-After", "1"),))
    fake.overrides.append(lambda arrival: broken if "restoreJobs" in arrival.path else None)
    assert ask(f"flexClusters/{DEMO_CLUSTER}/backup/restoreJobs").reply is broken
    assert ask(FLEX).status == 200
    assert len(fake.arrivals) == 2


def test_an_empty_bucket_answers_429(fake, ask):
    """The seconds to wait stand in Retry-After, in the text and, as a number, in parameters; a 401 takes nothing."""
    fake.rate_limit = RateLimit(capacity=2, refill=1, period=60)
    assert fake.handle("GET", FLEX).status == 401
    assert [ask(FLEX).header("Ratelimit-Remaining") for _ in range(2)] == ["1", "0"]
    fake.advance(5)
    reply = ask(FLEX)
    path = FLEX[1:]
    assert (reply.status, reply.header("Retry-After"), reply.header("Ratelimit-Remaining")) == (429, "55", "0")
    assert reply.json == {
        "detail": f"Rate limit exceeded for {path}. Please retry after 55 seconds. "
        "Request capacity: 2. Refill rate: 1 per 60 seconds.",
        "error": 429,
        "errorCode": "RATE_LIMITED_TOKEN_BUCKET",
        "parameters": [path, 55, 2, 1, 60],
        "reason": "Too Many Requests",
    }


@pytest.mark.parametrize(("wait", "statuses"), [(54.9, [429]), (55, [200, 429]), (10**6, [200, 200, 429])])
def test_a_bucket_refills(fake, ask, wait, statuses):
    """Each period adds the refill, never beyond the capacity."""
    fake.rate_limit = RateLimit(capacity=2, refill=1, period=60)
    ask(FLEX)
    ask(FLEX)
    fake.advance(5 + wait)
    assert [ask(FLEX).status for _ in statuses] == statuses
