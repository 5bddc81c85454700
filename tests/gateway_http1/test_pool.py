"""The pool's connections: what comes about is watched, and nothing else."""

import asyncio

import pytest

from shim.gateway.http1.deadlines import deadlines
from shim.gateway.upstream.pool import Pool
from tests.gateway_http1.test_interleavings import reply_of
from tests.gateway_http1.wires import Wire, Wired


async def test_connection_that_is_interrupted_leaves_nothing(monkeypatch):
    """A caller may leave when a connection was just made; uvloop then ends it, and tells nobody."""
    wired = Wired(reply_of)
    watched = set(deadlines()._watched)

    async def interrupted(end, *_: object) -> None:
        Wire(end)
        raise asyncio.CancelledError

    monkeypatch.setattr("shim.gateway.upstream.pool.open_wire", interrupted)
    with pytest.raises(asyncio.CancelledError):
        await Pool.connect(wired.pool)
    assert deadlines()._watched == watched
    assert not wired.pool._open
    await wired.end()
