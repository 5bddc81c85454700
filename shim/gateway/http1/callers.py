"""A caller's connection as other files see it, and the connections of one peer."""

from __future__ import annotations

import asyncio

import attrs

from shim.gateway.http1.wire import Wire


@attrs.define(eq=False)
class PeerConnections:
    """The connections of one peer, which is an address."""

    address: str
    count: int = 0
    """Their number."""
    idle: dict[CallerWire, None] = attrs.field(factory=dict, repr=False)
    """The connections without a complete request, the oldest first."""


class CallerWire(Wire):
    """A connection that was accepted; its ``scheme`` is ``http`` or ``https``."""

    peer: PeerConnections
    scheme: str
    set_up: asyncio.Task[None] | None
    """The set-up before its first request."""

    @property
    def is_draining(self) -> bool:
        """Whether no further request may arrive."""
        raise NotImplementedError
