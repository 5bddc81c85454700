"""Which of a session's requests are retired calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from aiohttp import ClientSession
from multidict import CIMultiDict, MultiDict
from yarl import URL

from shim.core.messages import Headers
from shim.doors import recognition
from shim.doors.aiohttp.inside import whole_url
from shim.doors.process import concerns
from shim.doors.recognition import RetiredCall
from shim.origins import origin_of


class InnerHeaders(CIMultiDict[str]):
    """The field lines of a request that the shim makes itself; they say so through whoever else wraps a session."""


@attrs.frozen(eq=False)
class Asked:
    """A retired call as the caller made it.

    ``given`` is the URL that the session was given and ``url`` the one of the call: with the session's base and the
    parameters. ``lines`` are the field lines that the caller and the session name.
    """

    retired: RetiredCall
    given: URL
    url: URL
    lines: CIMultiDict[str]


def recognise(session: ClientSession, method: object, url: Any, options: Mapping[str, Any]) -> Asked | None:
    """Return what a request is when it is a retired call, its body unread, else None: then nobody touches it."""
    headers = options.get("headers")
    if session.closed or not isinstance(method, str) or isinstance(headers, InnerHeaders):
        return None
    if options.get("data") is not None and options.get("json") is not None:
        return None
    try:
        given = URL(url)
        whole = whole_url(session, url)
        if not concerns(whole.raw_path):
            return None
        whole = _with_query(whole, options.get("params"))
        origin = origin_of(whole.scheme, whole.raw_host or "", whole.explicit_port)
        lines = CIMultiDict(session.headers)
        lines.update(CIMultiDict(headers or ()))
    except (AssertionError, TypeError, ValueError):  # aiohttp says what is wrong with it
        return None
    retired = recognition.recognise(method.upper(), origin, whole.raw_path_qs, lambda: header_lines(lines.items()))
    return None if retired is None else Asked(retired, given, whole, lines)


def header_lines(lines: Iterable[tuple[str, str]]) -> Headers:
    """Return field lines in the core's terms."""
    return tuple([(str(name), str(value)) for name, value in lines])


def _with_query(url: URL, params: Any) -> URL:
    """Return a URL with more parameters, as ``extend_query`` of newer versions of yarl does."""
    if not params:
        return url
    query = MultiDict(url.query)
    query.extend(url.with_query(params).query)
    return url.with_query(query)
