"""Warning a program, at its own line, that it calls an endpoint which Atlas retired or will retire.

It is warned once for each operation and line unless ``ATLAS_SHIM_WARNINGS`` says
otherwise, and before the first byte is sent, so that an error keeps the call from being
made. Calls by a library that is not served go out as they are.
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

# call sites that are remembered; beyond that all are forgotten, and warned again
MAX_WARNED = 4096


@attrs.frozen
class Notice:
    """A warning as a handler gets it."""

    operation: str
    sunset: datetime
    message: str
    """A sentence for people."""
    site: CallSite
    """The call's place."""


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
"""Library -> the values in its method's arguments: the request's method, its URL, and perhaps its field lines."""


def warn(notice: Notice) -> None:
    """The handler unless another is set: a LegacyEndpointWarning through Python's own filters."""
    # A registry of its own: repeated notices are held back here, by operation and not
    # by text.
    warnings.warn_explicit(
        notice.message,
        LegacyEndpointWarning,
        filename=notice.site.filename,
        lineno=notice.site.lineno,
        module=notice.site.module,
        registry={},
    )


def refuse(notice: Notice) -> None:
    """The handler where warnings are errors: raises LegacyEndpointWarning with the place."""
    raise LegacyEndpointWarning(
        f"{notice.message} (called at {notice.site.filename}:{notice.site.lineno})"
    )


_handler: WarningsHandler = warn
warned: dict[tuple[str, str, int], object] = {}
"""By operation, file and line of each warning; in place of a file whose line is not known, the target of the call."""


def set_warnings_handler(handler: WarningsHandler | None) -> WarningsHandler:
    """Let ``handler`` be called in place of Python's warnings, None for these again; return the last one.

    An exception that it raises keeps the call from being made.
    """
    global _handler  # noqa: PLW0603 - as Python's own warnings.showwarning is replaced
    last = _handler
    _handler = handler or warn
    return last


def notify(retired: RetiredCall, *, uncovered: str = "") -> None:
    """Warn the program of a call that it is about to make.

    ``uncovered`` is a library whose calls are not translated; the warning lists those that
    are. Raises LegacyEndpointWarning when warnings are errors, and exceptions that the handler
    raises.
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
    # one step, so that of threads at once one alone warns
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
    except BaseException:  # the call is not made, and the next one is warned of, too
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
    """Return the fields that the first tier's answers lack; else nothing."""
    lost = []
    for field in operation.fields:
        levels = {rule.fidelity for rule in field.rules.get(operation.first, ())}
        if levels == {Fidelity.ABSENT}:
            lost.append(field.name)
    if lost:
        return f", without {', '.join(lost)}"
    return ""


def tell(library: str, method: str, url: str, lines: Headers = ()) -> None:
    """Warn of a call if it is a retired one, and write it down; ``url`` is absolute.

    Raises the exceptions of ``notify``, and SettingsError for a call that is to be led to
    another upstream, and can't be.
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
    """Return the function in place of a library's method."""

    def door(_: Any, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        tell(library, *_READ[library](*args, **kwargs))
        # The doors of the libraries below niquests take no part.
        return (partial(alone, send) if library == "niquests" else send)(
            *args, **kwargs
        )

    return door
