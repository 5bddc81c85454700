"""Connections are taken one at a time, by whoever has room for one."""

import asyncio
import errno
import os
import socket

from shim.gateway.accepting import Accepting
from shim.gateway.shares import NOBODY, Share, Shares
from shim.gateway.sockets import bind_tcp
from tests.peers.raw import PATIENCE
from tests.peers.served import LOOPBACK


class Door:
    """Listens, keeps what it is given, and fails as often as it is told."""

    def __init__(self, *errors: int, enough=lambda: False):
        self.errors = list(errors)
        self.made: list[socket.socket] = []
        self.bound = bind_tcp(LOOPBACK)
        self.accepting = Accepting(self.bound, self._keep, self._take, enough)

    def _take(self, listening: socket.socket) -> socket.socket:
        if self.errors:
            number = self.errors.pop(0)
            raise OSError(number, os.strerror(number))
        return listening.accept()[0]

    async def _keep(self, connection: socket.socket) -> None:
        self.made.append(connection)

    def caller(self) -> socket.socket:
        """Connect to it."""
        return socket.create_connection(self.bound.sockets[0].getsockname())

    async def has(self, count: int) -> None:
        """Return when it has been given so many connections."""
        async with asyncio.timeout(PATIENCE):
            while len(self.made) < count:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)

    async def close(self, *callers: socket.socket) -> None:
        """Close everything."""
        await self.accepting.stop()
        for one in (*callers, *self.made):
            one.close()


async def test_no_room_is_a_pause_and_one_line(caplog):
    """Whoever waits goes on waiting, and is taken when there is room; the log is not flooded."""
    door = Door(errno.EMFILE, errno.ENFILE, errno.ENOMEM)
    caller = door.caller()
    await door.has(1)
    assert caplog.text.count("takes no connections for now") == 1
    await door.close(caller)


async def test_caller_that_left_does_not_keep_those_behind_it():
    """Its connection is no more, and the end takes the others."""
    door = Door(errno.ECONNABORTED)
    callers = [door.caller() for _ in range(3)]
    await door.accepting.stop()
    assert len(door.made) == 3
    await door.close(*callers)


async def test_end_during_a_pause_takes_what_waits():
    """No look comes after the end."""
    door = Door(errno.EMFILE)
    caller = door.caller()
    async with asyncio.timeout(PATIENCE):
        while door.errors:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0)
    await door.accepting.stop()
    assert len(door.made) == 1
    await asyncio.sleep(0.2)
    await door.close(caller)


async def test_connection_that_fails_is_closed():
    """A handshake that breaks off leaves nothing, and is nobody's error."""
    door = Door()

    async def fail(connection: socket.socket) -> None:
        door.made.append(connection)
        raise ConnectionResetError

    door.accepting._connect = fail
    caller = door.caller()
    await door.has(1)
    assert caller.recv(1) == b""
    await door.close(caller)


async def test_who_has_enough_takes_what_nobody_else_takes():
    """Letting others go first is for a moment."""
    door = Door(enough=lambda: True)
    callers = [door.caller() for _ in range(3)]
    await door.has(3)
    await door.close(*callers)


def test_enough_is_more_than_others_have():
    """A little more is not; and nobody waits for a worker that takes no calls."""
    shares = Shares.of(3)
    try:
        first = Share(shares, 0)
        assert not first.enough(500)
        second = Share(Shares(shares.descriptor, 3), 1)
        assert first.enough(2)
        assert not first.enough(1)
        assert second.enough(100)
        assert first.enough(114)
        assert not first.enough(113)
        shares.put(1, NOBODY)
        assert not first.enough(500)
    finally:
        shares.close()


def test_shares_need_no_memfd(monkeypatch):
    """Elsewhere than on Linux a file without a name does."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    shares = Shares.of(2)
    assert not Share(shares, 0).enough(1)
    shares.close()
