"""How many requests are being answered: the limiters, the drain and a metric look at one count."""

from __future__ import annotations

import asyncio

from shim.gateway.errors import busy
from shim.gateway.http1.peers import UNIX
from shim.gateway.options import Options


class InFlight:
    """The requests being answered; ``count`` is how many."""

    def __init__(self) -> None:
        self.count = 0
        self._of_peer: dict[str, int] = {}
        self._ended = asyncio.Event()

    def begin(self, peer: str, options: Options) -> None:
        """Count one more request; raises Refusal when that is more than the options allow, and counts it all the same.

        A peer is an address; whoever may use a unix socket is not limited by it.
        """
        self.count += 1
        self._of_peer[peer] = of_peer = self._of_peer.get(peer, 0) + 1
        if self.count > options.max_requests:
            raise busy("The gateway is answering as many requests as it takes.")
        if of_peer > options.peer_requests and peer != UNIX:
            raise busy("The gateway is answering as many requests of this address as it takes.")

    def end(self, peer: str) -> None:
        """Count one less: each ``begin`` has its ``end``, whether it raised or not."""
        self.count -= 1
        left = self._of_peer[peer] - 1
        if left:
            self._of_peer[peer] = left
        else:
            del self._of_peer[peer]
        if not self.count:
            self._ended.set()

    async def idle(self) -> None:
        """Return when no request is being answered; those that came in just now count."""
        await asyncio.sleep(0)
        while self.count:
            self._ended.clear()
            await self._ended.wait()
