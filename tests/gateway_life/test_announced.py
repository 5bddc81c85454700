"""What upstream says about its legacy endpoints reaches the operator's log, once."""

from shim.core.settings import RouteWord
from shim.gateway.exchange import Announced
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.raw import reply, replying
from tests.peers.served import ask, gateway, get

SUNSET = "Sunset: Fri, 06 Mar 2026 00:00:00 GMT"


def told(caplog):
    return [record.getMessage() for record in caplog.records if "legacy endpoint says" in record.getMessage()]


def test_each_value_is_logged_once(caplog):
    """The same date again is no news, another one is."""
    first, later = reply(EMPTY, SUNSET, "deprecation: @1765324800"), reply(EMPTY, SUNSET.replace("06", "07"))
    with replying(first, first, later) as upstream, gateway(upstream.origin, route=RouteWord.LEGACY) as served:
        for _ in range(4):
            ask(served, get(V1))
    assert told(caplog) == [
        "listServerlessBackupSnapshots: upstream's legacy endpoint says Sunset: 'Fri, 06 Mar 2026 00:00:00 GMT'",
        "listServerlessBackupSnapshots: upstream's legacy endpoint says Deprecation: '@1765324800'",
        "listServerlessBackupSnapshots: upstream's legacy endpoint says Sunset: 'Fri, 07 Mar 2026 00:00:00 GMT'",
    ]


def test_successors_fields_are_not_the_legacy_endpoints(caplog):
    """What the flex side says about itself is another matter."""
    with replying(reply(EMPTY, SUNSET)) as upstream, gateway(upstream.origin, route=RouteWord.FLEX) as served:
        ask(served, get(V1))
    assert told(caplog) == []


def test_values_that_never_repeat_do_not_fill_the_log(caplog):
    """Upstream can't grow the memory or the log without end, nor forge a line."""
    announced = Announced()
    for number in range(1000):
        announced.look("op", (("Sunset", f"{number}\nforged" + "x" * 1000),))
    assert len(told(caplog)) == 256
    assert all("\n" not in line and len(line) < 250 for line in told(caplog))
