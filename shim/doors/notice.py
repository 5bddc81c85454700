"""Warning a program, at its own line, that it calls an endpoint which Atlas retired or will retire.

It is warned once for each operation and line unless ``ATLAS_SHIM_WARNINGS`` says otherwise, before the first
byte is sent, so that turning warnings into errors keeps a call from being made at all.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from types import CodeType

import attrs

from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.doors.call_site import call_site, own_frame
from shim.doors.environment import WARNINGS
from shim.doors.process import latest
from shim.errors import LegacyEndpointWarning
from shim.tools.inventory import CallSite, explain_command

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
Place = tuple[str, str, int]
"""Operation, file and line that a warning was for."""

_FILLERS = {
    "boolean": False,
    "integer": 0,
    "number": 0,
    "object": {},
    "objects": [],
    "strings": [],
    "time": "1970-01-01T00:00:00Z",
}
"""By a field's type, what a constant may be in place of a value that nobody knows."""


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
_warned: OrderedDict[Place, None] = OrderedDict()
_seen: dict[tuple[str, CodeType, int], Place] = {}
"""Operation, code and instruction of a call -> the place that was warned of it: quicker to ask than where that is."""
_lock = threading.Lock()


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
    word = latest().word
    if word == "off":
        return
    frame = own_frame()
    call = None if frame is None else (operation.id, frame.f_code, frame.f_lasti)
    if word == "once" and call is not None and _seen.get(call) in _warned:
        return
    site = call_site()
    place = (operation.id, site.filename, site.lineno)
    if word != "once" or place not in _warned:
        sunset = sunset_of(operation, settings)
        notice = Notice(operation.id, sunset, _message(operation, sunset, now, uncovered), site)
        if word == "error":
            raise LegacyEndpointWarning(f"{notice.message} (called at {site.filename}:{site.lineno})")
        _handler(notice)
    with _lock:
        _warned[place] = None
        if len(_warned) > SIZE:
            _warned.popitem(last=False)
        if len(_seen) > SIZE:
            _seen.clear()
        if call is not None:
            _seen[call] = place


def forget() -> None:
    """Forget which call sites were warned."""
    with _lock:
        _warned.clear()
        _seen.clear()


def _message(operation: Operation, sunset: datetime, now: float, uncovered: str) -> str:
    verb = "retires" if datetime.fromtimestamp(now, UTC) < sunset else "retired"
    what = f"atlas-shim keeps this call working{_on_absent(operation)}"
    if uncovered:
        what = (
            f"calls by {uncovered} are not covered, so this one goes to Atlas as it is. Make it with requests, httpx, "
            "urllib3, aiohttp or urllib.request, or by way of `atlas-shim serve`"
        )
    return (
        f"{operation.id} is an endpoint that Atlas {verb} on {sunset:%Y-%m-%d}; {what}. "
        f"{WARNINGS}=off ends these warnings. The call to make instead: {explain_command(operation)}"
    )


def _on_absent(operation: Operation) -> str:
    """Return which fields the first tier's answers lack, and the document that fills one of them; else nothing."""
    tiers = [(field, field.rules.get(operation.first, ())) for field in operation.fields]
    lost = [(field, rules[0]) for field, rules in tiers if {rule.fidelity for rule in rules} == {Fidelity.ABSENT}]
    if not lost:
        return ""
    field, rule = lost[0]
    # A document may borrow the resources of another.
    document = next(one.document for one in latest().engine.operations if one.file == field.file)
    value = json.dumps(field.words[0] if field.words else _FILLERS.get(field.type, ""))
    return (
        f", but its answers lack {', '.join(field.name for field, _ in lost)}. A document in the folder "
        f'ATLAS_SHIM_MAPPINGS fills in a constant, with these lines: format = 1 / overrides = "{document}" / '
        f'{rule.at.removesuffix("[0]")} = {{ constant = {value}, why = "unknown" }}'
    )
