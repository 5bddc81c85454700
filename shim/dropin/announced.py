"""What replies announce of their operations, of retired calls and of all others to Atlas: remembered by the process.

It is said once in the log, and written to the inventory. Nobody's call is changed by it, and a defect here breaks none.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim import inventory
from shim.core.commands import Exchange, Outcome, Send
from shim.core.exchange import exchange
from shim.core.messages import Call, Headers, Reply
from shim.core.settings import RouteWord, origin_of
from shim.dropin import runtime
from shim.dropin.call_site import call_site
from shim.dropin.environment import Variables
from shim.dropin.forms import header_lines
from shim.dropin.recognition import NOTHING_MORE, ClientSettings, RetiredCall
from shim.radar import ANNOUNCING, Radar

logger = logging.getLogger("shim")

LENGTHS = frozenset(map(len, ANNOUNCING))
"""How long the names of the fields are."""

RADAR = Radar(level=logging.INFO)
"""One for the process, whatever the library. A program did not ask for more lines in its log, so they are of INFO."""

_MARK = "_atlas_shim_looked_at"
"""The attribute of headers that were looked at: HTTP libraries stand on each other, and hand the same ones on."""

_FAILED = "a reply's Sunset or Deprecation could not be looked at"
_ROOMS = frozenset({"aiohttp", "httpx", "httpx2", "httpx_family", "requests", "stdlib", "urllib3"})
_inventory = Variables([inventory.VARIABLE])

Asked = Callable[[], tuple[Any, Any, Iterable[tuple[Any, Any]]]]
"""Returns method, URL and field lines of a request."""


def is_announcing(headers: Any) -> bool:
    """Tell whether the headers of a reply announce something: two look-ups, since each reply of a program is asked.

    They are as the libraries have them: names compare case-insensitively, and there is ``items()``.
    """
    try:
        return "sunset" in headers or "deprecation" in headers
    except TypeError:  # a mock's, perhaps, which are none
        return False


def take(headers: Any, asked: Asked, client: ClientSettings = NOTHING_MORE) -> None:
    """Take in a reply that announces something, if it is Atlas', and was not looked at by the door below."""
    try:
        if getattr(headers, _MARK, False):
            return
        with contextlib.suppress(AttributeError, TypeError):
            setattr(headers, _MARK, True)
        method, url, lines = asked()
        parts, now = urlsplit(str(url)), runtime.current()
        settings = client.settings_override or now.settings
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        if settings.route is RouteWord.OFF or not (origin in client.extra_origins or origin in settings.origins):
            return
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        _look(Call(str(method).upper(), origin, target, header_lines(lines)), header_lines(headers.items()))
    except Exception:
        logger.debug(_FAILED, exc_info=True)


def watched(retired: RetiredCall) -> Exchange:
    """Return the exchange of a retired call, as ``core.exchange.exchange`` does; what replies announce is taken in."""
    steps = exchange(retired.match, retired.call, retired.context)
    reply: Reply | None = None
    try:
        while True:
            try:
                command = next(steps) if reply is None else steps.send(reply)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            reply = yield command
            if isinstance(command, Send):
                _look(command.call, reply.headers)
    finally:
        steps.close()


def _look(call: Call, headers: Headers) -> None:
    try:
        found = RADAR.look(call, headers, runtime.latest().engine)
        if found is not None and any(_inventory.raw()):
            inventory.note_announced(found, where=attrs.evolve(call_site(), library=_library()))
    except Exception:
        logger.debug(_FAILED, exc_info=True)


def _library() -> str:
    """Return the library whose door looks at the reply, empty when there is none on the stack."""
    frame = sys._getframe(1)  # noqa: SLF001 - documented, as in call_site
    while frame.f_back is not None:
        frame = frame.f_back
        package, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
        if package == "shim" and (room := rest.partition(".")[0]) in _ROOMS:
            return room
    return ""
