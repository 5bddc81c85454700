"""The objects of a call are freed as early as without the shim."""

import gc
import sys
from collections import Counter

import pytest

from tests.doors.calls import NOT_FOUND, SNAPSHOTS, flex, gone_then
from tests.peers.answering import reply

HELD = (
    "socket",
    "Client",
    "AsyncClient",
    "ClientSession",
    "Session",
    "PoolManager",
    "OpenerDirector",
    "Task",
)


def left_to_the_collector(door, url, *, own):
    """Return the connections, responses and clients of a call that only the collector can free."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with door.open(own=own) as client:
            client.ask(url)
        del client
        gc.collect()
        kinds = Counter(type(each).__name__ for each in gc.garbage)
        return Counter(
            {
                name: kinds[name]
                for name in kinds
                if name in HELD or name.endswith("Response")
            }
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="it does not count references"
)
@pytest.mark.parametrize(
    "answer", [gone_then(flex), lambda _: reply("404 Not Found", body=NOT_FOUND)]
)
def test_no_cycle_of_the_shim_keeps_an_object(door, raw, answer):
    """That covers connections, responses and clients, of the shim and of the library."""
    url = raw(answer).url + SNAPSHOTS
    for own in (True, False):  # what is made once
        left_to_the_collector(door, url, own=own)
    assert left_to_the_collector(door, url, own=False) <= left_to_the_collector(
        door, url, own=True
    )
