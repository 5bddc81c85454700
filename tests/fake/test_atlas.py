"""The fake as a whole: the same world on the same day, its clock, what it counts; whatever arrives, it answers."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_TOKEN, FakeAtlas
from tests.fake.asking import FLEX_VERSION, ROOT, Asker

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
    assert (write.path, write.body, write.header("content-type")) == (FLEX, b'{"a": 1}', "application/json")
    assert DEMO_TOKEN not in repr(fake.arrivals) + repr(fake) + repr(vars(fake))


FAKE = FakeAtlas(today=FakeAtlas().today)
# A loaded machine is slow, and that is not a defect.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WIRE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"))
PREFIXES = ["", "/", "/api/oauth/token", ROOT, f"{ROOT}/serverless/", FLEX, f"{FLEX}/", f"{FLEX}?pageNum="]


@PATIENT
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "get"]),
    prefix=st.sampled_from(PREFIXES),
    rest=WIRE,
    credentials=st.one_of(WIRE, WIRE.map("Digest ".__add__), st.just(f"Bearer {DEMO_TOKEN}")),
    accept=WIRE | st.just(FLEX_VERSION),
    body=st.binary(),
)
def test_any_request_gets_an_answer(method, prefix, rest, credentials, accept, body):
    """The reply has a status, and content that is JSON or empty."""
    fields = [("Authorization", credentials), ("Accept", accept), ("Content-Type", "application/json")]
    reply = FAKE.handle(method, prefix + rest, fields, body)
    assert reply.status in {200, 400, 401, 404, 405, 406, 410, 415}
    assert not reply.body or json.loads(reply.body)


def test_importing_the_fake_loads_nothing_else_of_shim():
    """In a fresh process, shim itself with its version and hints, and shim.fake are all that is loaded."""
    script = (
        "import sys, shim.fake.server; print(*(name for name in sys.modules if '.' not in name or name[:5] == 'shim.'))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("shim.") and not name.startswith("shim.fake")] == [
        "shim._version",
        "shim.extras",
    ]
    assert not {"aiohttp", "httpx", "requests", "attrs"} & set(loaded)
