"""The fake as a whole: the same world on the same day, its clock, and what it counts."""

from datetime import UTC, date, datetime, timedelta, timezone

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_TOKEN, FakeAtlas, FakeReply
from tests.fake.asking import ROOT, Asker

DAY = date(2026, 1, 10)
FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"


def test_the_same_day_makes_the_same_world():
    """Two fakes of one day answer with the same fields and bodies."""
    for target in (
        FLEX,
        f"serverless/{DEMO_CLUSTER}/backup/restoreJobs",
        f"clusters/{DEMO_DEDICATED}/backup/snapshots",
        "serverless",
    ):
        assert Asker(FakeAtlas(today=DAY))(target) == Asker(FakeAtlas(today=DAY))(target)


def test_a_set_date_stands_still():
    """A date is its 00:00 UTC, another zone is converted, a bare datetime is UTC; without one the clock is the time."""
    seconds = iter(range(100))
    fake = FakeAtlas(today=date(2026, 1, 22), clock=lambda: next(seconds))
    assert fake.today == fake.today == datetime(2026, 1, 22, tzinfo=UTC)
    fake.today = datetime(2026, 1, 22, 1, tzinfo=timezone(timedelta(hours=2)))
    assert fake.today == datetime(2026, 1, 21, 23, tzinfo=UTC)
    fake.today = datetime(2026, 1, 22)  # noqa: DTZ001 - a naive one is what is tested
    assert fake.today == datetime(2026, 1, 22, tzinfo=UTC)
    assert FakeAtlas(clock=lambda: 86400.0).today == datetime(1970, 1, 2, tzinfo=UTC)


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
