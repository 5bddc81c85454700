"""The fake as a whole: its clock, any request, and its server."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shim.fake import DEMO_CLUSTER, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import FLEX_VERSION, ROOT

FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"


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


PATH = f"{ROOT}/flexClusters"
FIELDS = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": FLEX_VERSION}


def test_the_thread_ends_with_the_block():
    """Whatever ends the block, connections that a client keeps open are closed, and the port is free again."""
    with httpx.Client() as client, suppress(ZeroDivisionError), FakeServer() as server:
        assert client.get(server.url + PATH).status_code == 401
        port = server.port
        raise ZeroDivisionError
    assert "fake-atlas" not in {thread.name for thread in threading.enumerate()}
    with FakeServer(port=port) as server:
        assert server.port == port
        with pytest.raises(OSError, match=r"(?i)address already in use"), FakeServer(port=port):
            pass
