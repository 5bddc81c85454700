"""The pool's connections: what comes about is watched, and nothing else."""

import asyncio
from typing import Any

import pytest

from shim.gateway.http1.deadlines import deadlines
from shim.gateway.upstream.pool import Pool
from tests.gateway_http1.test_interleavings import reply_of
from tests.gateway_http1.wires import Wire, Wired


async def test_connection_that_is_interrupted_leaves_nothing(monkeypatch):
    """A caller may leave when a connection was just made; uvloop then ends it, and tells nobody."""
    wired = Wired(reply_of)
    watched = set(deadlines()._watched)

    async def interrupted(make: Any, *_: object, **__: object) -> None:
        Wire(make())
        raise asyncio.CancelledError

    monkeypatch.setattr(wired.pool, "loop", type("Loop", (), {"create_connection": staticmethod(interrupted)}))
    with pytest.raises(asyncio.CancelledError):
        await Pool.connect(wired.pool)
    assert deadlines()._watched == watched
    assert not wired.pool._open
    await wired.end()
