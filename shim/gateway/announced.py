"""What upstream's replies announce of their operations, of every side: told to the radar and to the inventory."""

from __future__ import annotations

import attrs

from shim.core.messages import Call, Headers
from shim.gateway.fields import agent_of
from shim.gateway.inventory import InventoryWriter
from shim.gateway.logs.calls import CallLine, plain_agent
from shim.tools.radar import Radar

_NAME = 100
"""Characters of a caller's name."""


@attrs.frozen(eq=False)
class Announced:
    """Takes replies in; ``inventory`` is None where none is written."""

    radar: Radar
    inventory: InventoryWriter | None

    def look(self, call: Call, headers: Headers, line: CallLine, client: str | None) -> None:
        """Take in the field lines of the reply to a call; ``client`` is the name in the caller's certificate."""
        agent = agent_of(call.headers)
        name = plain_agent(client or agent or "")[:_NAME]
        caller = name if client else f"{name or 'no User-Agent'} from {line.peer}"
        found = self.radar.look(call, headers, line.engine, caller)
        if found is not None and self.inventory is not None:
            self.inventory.announced(found, agent, line.peer)
