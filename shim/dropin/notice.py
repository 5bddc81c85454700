"""Warning a program, at its own line, that it calls an endpoint which Atlas retired or will retire.

It is warned once for each operation and line unless ``ATLAS_SHIM_WARNINGS`` says otherwise, before the first
byte is sent, so that turning warnings into errors keeps a call from being made at all.
"""

from __future__ import annotations

import logging
import os
import sys
import sysconfig
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import FrameType

import attrs

from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents.model import Operation
from shim.dropin.environment import WARNINGS, Raw, Variables
from shim.dropin.warnings_word import WarningsWord, read_word
from shim.errors import LegacyEndpointWarning, SettingsError
from shim.inventory import CallSite

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
    notice = Notice(operation.id, sunset, _message(operation.id, sunset, now, uncovered), site)
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


def _message(operation: str, sunset: datetime, now: float, uncovered: str) -> str:
    verb = "retires" if datetime.fromtimestamp(now, UTC) < sunset else "retired"
    if uncovered:
        return (
            f"{operation} is an endpoint that Atlas {verb} on {sunset:%Y-%m-%d}; calls by {uncovered} are not covered, "
            "so this one goes to Atlas as it is. Make it with requests, httpx, urllib3 or urllib.request, or by way of "
            "`atlas-shim serve`; `atlas-shim explain` shows the call to make instead"
        )
    return (
        f"{operation} is an endpoint that Atlas {verb} on {sunset:%Y-%m-%d}; atlas-shim keeps this call working. "
        "`atlas-shim explain` shows the call to make instead"
    )


def call_site() -> CallSite:
    """Return the place in the program's own code that the current call comes from.

    That is the innermost frame outside HTTP libraries, event loops, the standard library and, if
    there is such a frame, installed packages: an SDK's caller and not the SDK. When an event loop
    started the call by itself, it is where the loop was started.
    """
    own = sys._getframe(1)  # noqa: SLF001 - documented, and what warnings.warn is made of
    package: FrameType | None = None
    frame: FrameType | None = own.f_back
    while frame is not None:
        kind = _kind(frame.f_code.co_filename)
        if kind != "plumbing":
            if kind == "program":
                break
            package = package or frame
        frame = frame.f_back
    place = frame or package or own
    return CallSite(place.f_code.co_filename, place.f_lineno, str(place.f_globals.get("__name__", "")))


_OURS = str(Path(__file__).resolve().parents[1])
_STDLIB = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_PLUMBING = (
    *("httpx", "httpcore", "httpx2", "httpcore2", "requests", "urllib3", "anyio", "trio", "wrapt", "opentelemetry"),
    *("niquests", "urllib3_future"),
)
"""Installed packages that stand between a program and the network, whoever calls them."""


@cache
def _kind(filename: str) -> str:
    """Tell a program's own file from an installed package's and from plumbing."""
    if filename.startswith("<frozen") or _inside(filename, (_OURS,)):
        return "plumbing"
    folders = Path(filename).parts
    for name in ("site-packages", "dist-packages"):
        if name in folders:
            package = folders[len(folders) - folders[::-1].index(name) :][:1]
            return "plumbing" if package and package[0] in _PLUMBING else "package"
    return "plumbing" if _inside(filename, _STDLIB) else "program"


def _inside(filename: str, folders: tuple[str, ...]) -> bool:
    return any(filename == folder or filename.startswith(folder + os.sep) for folder in folders)
