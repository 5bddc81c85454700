"""A successor on another host: the gateway asks it, and keeps what is its own to itself."""

import json

import pytest

from shim.core.recognise import Engine
from shim.core.settings import parse_hosts
from tests.core.small import HEAD, field, read
from tests.peers.raw import reply, replying
from tests.peers.served import ask, gateway, get, status_of, value_of

NAME = field("name", "string", 'from = "name"\nfidelity = "exact"')


@pytest.fixture(scope="module")
def engine() -> Engine:
    """A document whose successor is on the host ``lamps``."""
    return read(HEAD.replace('version = "2024-01-01"', 'media_type = "application/json"\nhost = "lamps"') + NAME)


@pytest.mark.parametrize(("listed", "credentials"), [("", None), ("credentials@", "Bearer x")])
def test_a_successor_may_be_on_another_host(engine, listed, credentials):
    """It is asked by its own name, with the caller's credentials only if it is listed for them."""
    with replying(reply(b'{"name": "a"}')) as lamps, replying(reply(b"{}")) as atlas:
        hosts = parse_hosts(f"lamps={listed}{lamps.origin}")
        with gateway(atlas.origin, engine, hosts=hosts) as served:
            head, content = ask(served, get("/api/atlas/v2/things/t", "Authorization: Bearer x"))
        assert (status_of(head), json.loads(content)) == (200, {"name": "a"})
        (asked,) = lamps.heads
        assert atlas.heads == []
    assert asked.startswith(b"GET /new/t HTTP/1.1\r\n")
    assert value_of(asked, "Host") == lamps.origin.removeprefix("http://")
    assert value_of(asked, "Authorization") == credentials
