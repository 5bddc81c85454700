"""Store the sunsets that replies announce, and write the inventory in a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from queue import SimpleQueue

from shim.core.messages import Call, Headers, Record
from shim.gateway.logs import CallLine, plain
from shim.gateway.losses import Losses
from shim.tools.inventory.writing import VARIABLE, announced, retired, write
from shim.tools.radar.radar import Radar

log = logging.getLogger("shim.gateway.inventory")

MAX_WAITING = 10_000  # calls that may wait to be written; more are counted and left out

_PATIENCE = 5.0  # seconds that the shutdown waits for a disk
_NAME = 100  # characters of a caller's name
_AGENT = 200  # characters of a User-Agent


class RadarInventory:
    """Stores announced sunsets, and appends calls to the inventory.

    Calls are in order, each after its reply. ``is_on`` means that
    ``ATLAS_SHIM_INVENTORY`` names a file. ``clock`` returns seconds since the epoch.
    ``lost`` counts the calls that are missing in the file.
    """

    def __init__(self, environ: Mapping[str, str], clock: Callable[[], float]) -> None:
        self.radar = Radar()
        self._path = environ.get(VARIABLE)
        self.is_on = bool(self._path)
        self._clock = clock
        self._waiting: SimpleQueue[Callable[[], str] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.lost = Losses()

    def begin(self) -> None:
        """Record the start of the gateway.

        An inventory without calls proves silence only from then on.
        """
        self._put(partial(dict, started="gateway"))

    def add(self, record: Record, call: CallLine) -> None:
        """Queue a retired call."""
        self._put(partial(retired, record), call)

    def look(self, sent: Call, headers: Headers, call: CallLine) -> None:
        """Store the sunset that a reply announces, for the call as it was sent."""
        caller = (
            f"{plain(call.agent or '')[:_NAME] or 'no User-Agent'} from {call.peer}"
        )
        found = self.radar.look(sent, headers, call.engine, caller)
        if found is not None:
            self._put(partial(announced, found), call)

    def _put(
        self, entry: Callable[..., dict[str, object]], call: CallLine | None = None
    ) -> None:
        if not self._path:
            return
        if self._waiting.qsize() >= MAX_WAITING:
            if not self.lost.count:
                log.warning(
                    "inventory writes cannot keep up; some calls will not be recorded"
                )
            self.lost = self.lost.after(1, "writes cannot keep up with the calls")
            return
        # it may wait long, and the start of a User-Agent is enough then
        if call is not None:
            entry = partial(
                entry, agent=call.agent and call.agent[:_AGENT], peer=call.peer
            )
        self._waiting.put(
            partial(write, entry, {VARIABLE: self._path}, partial(float, self._clock()))
        )
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="inventory", daemon=True
            )
            self._thread.start()

    def _work(self) -> None:
        for append in iter(self._waiting.get, None):
            cause = append()
            if cause:
                self.lost = self.lost.after(1, cause)

    async def flush(self) -> None:
        """Return when all calls are written, or after five seconds.

        Missing lines are logged.
        """
        if self._thread is not None:
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join, _PATIENCE)
            missing = self.lost.count + max(0, self._waiting.qsize() - 1)
            if missing:
                log.warning("the inventory lacks %s calls", missing)
