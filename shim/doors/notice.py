"""Warning a program, at its own line, that it calls an endpoint which Atlas retired or will retire.

It is warned once for each operation and line unless ``ATLAS_SHIM_WARNINGS`` says otherwise, before the first
byte is sent, so that turning warnings into errors keeps a call from being made at all.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

import attrs

from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents.model import Operation
from shim.doors.call_site import call_site as call_site  # noqa: PLC0414 - doors may take it from here
from shim.doors.environment import WARNINGS, Raw, Variables
from shim.doors.warnings_word import WarningsWord, read_word
from shim.errors import LegacyEndpointWarning, SettingsError
from shim.tools.inventory import CallSite, explain_command

logger = logging.getLogger("shim")

VARIABLE = WARNINGS

SIZE = 4096
"""Call sites that are remembered; beyond that the oldest is forgotten, and warned again."""


@attrs.frozen
class Notice:
    """A warning as a handler gets it: the operation, its sunset, a sentence for people, and the call's place."""

    operation: str
    sunset: datetime
    message: str
    site: CallSite


Handler = Callable[[Notice], None]


def warn(notice: Notice) -> None:
    """The handler unless another is set: a LegacyEndpointWarning through Python's own filters."""
    # A registry of its own: repeated notices are held back here, by operation and not by text.
    warnings.warn_explicit(
        notice.message,
        LegacyEndpointWarning,
        filename=notice.site.filename,
        lineno=notice.site.lineno,
        module=notice.site.module,
        registry={},
    )


_handler: Handler = warn
_warned: OrderedDict[tuple[str, str, int], None] = OrderedDict()
_lock = threading.Lock()
_variable = Variables([VARIABLE])
_known: tuple[Raw, WarningsWord] = ((None,), WarningsWord.ONCE)


def set_warnings_handler(handler: Handler | None) -> Handler:
    """Let ``handler`` be called in place of Python's warnings, None for these again; return the last one.

    An exception that it raises keeps the call from being made.
    """
    global _handler
    last, _handler = _handler, handler or warn
    return last


def notify(operation: Operation, settings: Settings, now: float, *, uncovered: str = "") -> None:
    """Warn the program of a call that it is about to make; ``now`` is in seconds since the epoch.

    ``uncovered`` names a library whose calls are not served, so that it is told what else would be.
    Raises LegacyEndpointWarning when warnings are errors, and what the handler raises.
    """
    word = _word()
    if word is WarningsWord.OFF:
        return
    site = call_site()
    key = (operation.id, site.filename, site.lineno)
    if word is WarningsWord.ONCE and key in _warned:
        return
    sunset = sunset_of(operation, settings)
    notice = Notice(operation.id, sunset, _message(operation, sunset, now, uncovered), site)
    if word is WarningsWord.ERROR:
        raise LegacyEndpointWarning(f"{notice.message} (called at {site.filename}:{site.lineno})")
    _handler(notice)
    with _lock:
        _warned[key] = None
        while len(_warned) > SIZE:
            _warned.popitem(last=False)


def _word() -> WarningsWord:
    """Return the word of this moment; ``once`` where it has no meaning any more."""
    global _known  # noqa: PLW0603 - one atomic assignment; the environment belongs to the process
    raw = _variable.raw()
    if _known[0] == raw:
        return _known[1]
    try:
        word = read_word(os.environ)
    except SettingsError as error:  # it was right when the client was made
        logger.warning("warnings stay on: %s", error)
        return WarningsWord.ONCE
    _known = (raw, word)
    return word


def forget() -> None:
    """Forget which call sites were warned."""
    with _lock:
        _warned.clear()


def _message(operation: Operation, sunset: datetime, now: float, uncovered: str) -> str:
    verb = "retires" if datetime.fromtimestamp(now, UTC) < sunset else "retired"
    what = "atlas-shim keeps this call working"
    if uncovered:
        what = (
            f"calls by {uncovered} are not covered, so this one goes to Atlas as it is. Make it with requests, httpx, "
            "urllib3, aiohttp or urllib.request, or by way of `atlas-shim serve`"
        )
    return (
        f"{operation.id} is an endpoint that Atlas {verb} on {sunset:%Y-%m-%d}; {what}. "
        f"The call to make instead: {explain_command(operation)}"
    )
