"""The fake as a whole: its clock and its server."""

import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import httpx
import pytest

from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import ROOT


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


def test_the_thread_ends_with_the_block():
    """However the block ends, connections that a client keeps open are closed, and the port is free again."""
    before = threading.enumerate()  # other tests' servers may be running
    with httpx.Client() as client, suppress(ZeroDivisionError), FakeServer() as server:
        assert client.get(f"{server.url}{ROOT}/flexClusters").status_code == 401
        port = server.port
        raise ZeroDivisionError
    assert "fake-atlas" not in {
        thread.name for thread in threading.enumerate() if thread not in before
    }
    with FakeServer(port=port) as server:
        assert server.port == port
        with (
            pytest.raises(OSError, match=r"(?i)address already in use"),
            FakeServer(port=port),
        ):
            pass
