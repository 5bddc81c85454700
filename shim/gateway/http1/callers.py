"""A caller's connection as others see it, and the connections of one peer."""

from __future__ import annotations

import asyncio

import attrs

from shim.gateway.http1.wire import Wire


@attrs.define(eq=False)
class PeerConnections:
    """The connections of one peer, an address."""

    address: str
    count: int = 0
    """How many there are."""
    idle: dict[CallerWire, None] = attrs.field(factory=dict, repr=False)
    """Those without a whole request, the oldest first."""


class CallerWire(Wire):
    """A connection that was accepted; its ``scheme`` is ``http`` or ``https``."""

    peer: PeerConnections
    scheme: str
    set_up: asyncio.Task[None] | None
    """What comes before its first request."""

    @property
    def is_draining(self) -> bool:
        """Whether it may bring no further request."""
        raise NotImplementedError
