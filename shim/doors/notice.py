"""Warn a program, at its own line, that it calls an endpoint that Atlas retires.

It is warned once for each operation and line, unless ``ATLAS_SHIM_WARNINGS`` says
otherwise. The warning comes before the first byte is sent, so an exception prevents the
call. Calls made with a library that the shim does not handle go out unchanged.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import attrs

from shim.core.messages import Headers
from shim.core.route import LEGACY, Context, constant_of, has_successor, sunset_of
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.doors.call_site import call_site
from shim.doors.driver import drive
from shim.doors.environment import CHECKED, WARNINGS
from shim.doors.native import alone, as_text, header_lines
from shim.doors.recognition import RetiredCall, retired_call
from shim.errors import LegacyEndpointWarning, SettingsError
from shim.origins import UPSTREAM
from shim.tools.inventory.writing import CallSite, explain_command

# call sites that are remembered; beyond that all are forgotten, and warned about again
MAX_WARNED = 4096


@attrs.frozen
class Notice:
    """A warning as a handler receives it."""

    operation: str
    sunset: datetime
    message: str
    """A sentence for people."""
    site: CallSite
    """The place of the call."""


WarningsHandler = Callable[[Notice], None]


def _read_niquests(request: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
    return request.method, request.url, header_lines(request.headers.items())


def _read_tornado(request: Any, *_: Any, **options: Any) -> tuple[Any, ...]:
    if isinstance(request, str):
        return options.get("method", "GET"), request
    return request.method, request.url


def _read_twisted(method: Any, uri: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
    return as_text(method), as_text(uri)


def _read_curl_cffi(method: Any, url: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
    return method.upper(), url


_READ: dict[str, Callable[..., tuple[Any, ...]]] = {
    "niquests": _read_niquests,
    "tornado.httpclient": _read_tornado,
    "twisted.web.client": _read_twisted,
    "curl_cffi.requests": _read_curl_cffi,
}
"""Library -> the arguments of its method that have the request's method, its URL and,
perhaps, its field lines.
"""


def warn(notice: Notice) -> None:
    """The default handler: issues a LegacyEndpointWarning through Python's own filters."""
    # A registry of its own, because ``notify`` suppresses repeated notices by operation
    # instead of by text.
    warnings.warn_explicit(
        notice.message,
        LegacyEndpointWarning,
        filename=notice.site.filename,
        lineno=notice.site.lineno,
        module=notice.site.module,
        registry={},
    )


def refuse(notice: Notice) -> None:
    """The handler if warnings are errors: raises LegacyEndpointWarning with the place."""
    raise LegacyEndpointWarning(
        f"{notice.message} (called at {notice.site.filename}:{notice.site.lineno})"
    )


_handler: WarningsHandler = warn
warned: dict[tuple[str, str, int], object] = {}
"""Operation, file and line of each past warning.

If the line is unknown, the call's target replaces the file.
"""


def set_warnings_handler(handler: WarningsHandler | None) -> WarningsHandler:
    """Replace Python's warnings by ``handler``, and return the last handler.

    None restores the warnings.

    If it raises an exception, the call is not made.
    """
    global _handler  # noqa: PLW0603 - as Python's own warnings.showwarning is replaced
    last = _handler
    _handler = handler or warn
    return last


def notify(retired: RetiredCall, *, uncovered: str = "") -> None:
    """Warn the program about a call that it is about to make.

    ``uncovered`` is a library whose calls are not translated; the warning lists those
    that are. Raises LegacyEndpointWarning when warnings are errors, and exceptions that
    the handler raises.
    """
    word = retired.now.word
    if word == "off" or retired.match is None:
        return
    operation = retired.match.operation
    site = call_site()
    place = (
        operation.id,
        site.filename if site.lineno else retired.call.target,
        site.lineno,
    )
    if len(warned) >= MAX_WARNED:
        warned.clear()
    own = object()
    # one step, so that only one of several threads warns
    is_first = warned.setdefault(place, own) is own
    if word == "once" and not is_first:
        return
    sunset = sunset_of(operation, retired.context.settings)
    message = _message(operation, sunset, retired.context, uncovered)
    if site.target:
        message += (
            f". The call was made in a thread or task that runs {site.target}; "
            "the line that started it is not known"
        )
    notice = Notice(operation.id, sunset, message, site)
    try:
        (refuse if word == "error" else _handler)(notice)
    except BaseException:  # the call is not made, and the next one gets a warning, too
        warned.pop(place, None)
        raise


def _message(
    operation: Operation, sunset: datetime, context: Context, uncovered: str
) -> str:
    settings = context.settings
    if datetime.fromtimestamp(context.clock(), UTC) < sunset:
        verb = "retires"
    else:
        verb = "retired"
    what = f"atlas-shim still serves this call{_on_absent(operation)}"
    if uncovered:
        what = (
            f"atlas-shim cannot translate calls made with {uncovered}, so this one goes to Atlas unchanged. "
            "Use requests, httpx, urllib3, aiohttp or urllib.request, or a gateway (atlas-shim serve)"
        )
    elif settings.route in LEGACY:
        what = f"This call goes to Atlas unchanged, because {LEGACY[settings.route]}"
    elif (
        not has_successor(operation, settings)
        and constant_of(operation, settings) is None
    ):
        what = f"atlas-shim has no answer for it. {operation.without_successor.removesuffix('.')}"
    return (
        f"Atlas {verb} {operation.id} on {sunset:%Y-%m-%d}. {what}. "
        f"Set {WARNINGS}=off to silence this warning. Show the call to make instead: {explain_command(operation)}"
    )


def _on_absent(operation: Operation) -> str:
    """Return the fields that the first tier's answers lack, or an empty text."""
    lost = []
    for field in operation.fields:
        levels = {rule.fidelity for rule in field.rules.get(operation.first, ())}
        if levels == {Fidelity.ABSENT}:
            lost.append(field.name)
    if lost:
        return f", without {', '.join(lost)}"
    return ""


def tell(library: str, method: str, url: str, lines: Headers = ()) -> None:
    """Warn about a call if it is retired, and record it; ``url`` is absolute.

    Raises the exceptions of ``notify``, and SettingsError for a call that
    ``ATLAS_SHIM_UPSTREAM`` should redirect but that can't be redirected.
    """
    if CHECKED in os.environ:
        return
    retired = drive(retired_call(method, url, lambda: lines))
    if retired is not None and retired.led:
        raise SettingsError(
            f"{UPSTREAM}: calls to Atlas go to {retired.call.origin}, and those by {library} can't be redirected "
            "there; nothing was sent. Make this one with requests, httpx, urllib3, aiohttp or urllib.request"
        )
    if retired is not None and retired.warns:
        notify(retired, uncovered=library)
        if retired.noted:
            retired.write_down(None, "legacy", f"atlas-shim does not cover {library}")


def door_of(library: str) -> Callable[..., Any]:
    """Return the function that replaces a library's method."""

    def door(_: Any, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        tell(library, *_READ[library](*args, **kwargs))
        # The doors of the libraries below niquests do not act on these calls.
        return (partial(alone, send) if library == "niquests" else send)(
            *args, **kwargs
        )

    return door
