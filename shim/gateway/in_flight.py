"""How many requests are being answered: the limiter, the drain and a metric look at one count."""

from __future__ import annotations

import asyncio

from shim.gateway.errors import busy


class InFlight:
    """The requests being answered; ``count`` is how many."""

    def __init__(self) -> None:
        self.count = 0
        self._ended = asyncio.Event()

    def begin(self, most: int) -> None:
        """Count one more request; raises Refusal when this makes more than ``most``, and counts it all the same."""
        self.count += 1
        if self.count > most:
            raise busy("The gateway is answering as many requests as it takes.")

    def end(self) -> None:
        """Count one less: each ``begin`` has its ``end``, whether it raised or not."""
        self.count -= 1
        self._ended.set()

    async def idle(self) -> None:
        """Return when no request is being answered; those that came in just now count."""
        await asyncio.sleep(0)
        while self.count:
            self._ended.clear()
            await self._ended.wait()
