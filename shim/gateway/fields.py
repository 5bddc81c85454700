"""Choose the field lines that cross the gateway (RFC 9110, 7.6), and add its own."""

from __future__ import annotations

import re
import time
from datetime import datetime
from email.utils import format_datetime, formatdate
from functools import lru_cache, partial

from shim.core.messages import FieldReport, Headers, Record, by_level
from shim.documents.tables import NEVER

PSEUDONYM = "atlas-shim"
"""The gateway's name in a reply's Via (RFC 9110, 7.6.3) and Proxy-Status (RFC 9209).

A request's Via also has an id.
"""

VIA = ("Via", f"1.1 {PSEUDONYM}")

_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "proxy-authenticate", "proxy-authorization",
})  # fmt: skip
_REQUEST_DROPS = _HOP_BY_HOP | {
    "host",
    "content-length",
    "expect",
    "forwarded",
    "x-real-ip",
}

_LONGEST_CALL = 2048  # the limit on a reply's field about the last call, in characters

_LEVELS = ("renamed", "derived", "constant", "missing", "absent")


def for_upstream(headers: Headers, *, readable: bool) -> list[str]:
    """Return the request's end-to-end field lines for upstream as text.

    The sender adds Host, Via, Content-Length and a 100-continue. ``Forwarded``,
    ``X-Forwarded-*`` and ``X-Real-IP`` are dropped, so that upstream does not learn the
    caller's address. A ``readable`` reply may be read and still be returned unchanged:
    it asks for a coding that the gateway can decode and the caller accepts.
    """
    lines = []
    accepted = []
    for name, value in headers:
        if readable and len(name) == 15 and name.lower() == "accept-encoding":
            accepted.append(value)
        else:
            plain = folded(name)
            if plain not in _REQUEST_DROPS and not plain.startswith("x-forwarded-"):
                lines.append(f"{name}: {value}")
    if readable:
        lines.append(f"Accept-Encoding: {_coding(','.join(accepted))}")
    return lines


def for_caller(headers: Headers) -> Headers:
    """Return a reply's end-to-end field lines for the caller, in order, and Via.

    Duplicates stay. Content-Length stays, unless upstream framed the content in another
    way (RFC 9112, 6.3).
    """
    lines = []
    gone = set()
    for line in headers:
        name = line[0].lower()
        if name.replace("_", "-") not in _HOP_BY_HOP:
            lines.append(line)
        elif name == "connection":
            gone.update([folded(member.strip()) for member in line[1].split(",")])
        elif name == "transfer-encoding":
            gone.add("content-length")
    if gone:
        lines = [line for line in lines if folded(line[0]) not in gone]
    return (*lines, VIA)


def folded(name: str) -> str:
    """Return a field's name as the most tolerant parser compares it."""
    return name.lower().replace("_", "-")


def _coding(accept_encoding: str) -> str:
    accepted: dict[str, bool] = {}
    for member in accept_encoding.lower().split(","):
        coding, _, weight = member.replace(" ", "").replace("\t", "").partition(";q=")
        accepted[coding] = weight.strip("0.") != "" if weight else True
    if accepted.get("gzip", accepted.get("*", False)):
        return "gzip"
    return "identity"


def notes(record: Record, beside: Headers = (), *, linked: bool = True) -> Headers:
    """Return the field lines that a record adds to its reply; none on the legacy route.

    They are ``Sunset`` (RFC 8594), ``Deprecation`` (RFC 9745), ``Link`` (RFC 5829) and
    the dictionary ``Atlas-Shim`` (RFC 9651). A field that the reply already has, in
    ``beside``, is not added, except Link. Link is only added if ``linked``: without it,
    the answer is the shim's own, or the successor has the same path.
    """
    if record.route in {"legacy", ""}:
        return ()
    lines: list[tuple[str, str]] = []
    said = [f"route={token(record.route)}, reason={string(record.reason)}"]
    if record.sunset != NEVER:
        lines += _dates(record.sunset, record.deprecated)
    if sent := [one for one in record.sent if one.route == record.route] or record.sent:
        last = sent[-1]
        said.append(f"call={string(f'{last.method} {last.target}'[:_LONGEST_CALL])}")
        if linked and last.route == record.route:
            lines.append(
                ("Link", f'<{last.target.partition("?")[0]}>; rel="successor-version"')
            )
    said += _levels(record.fields)
    if record.dropped:
        said.append(f"dropped={len(record.dropped)}")
    lines.append(("Atlas-Shim", ", ".join(said)))
    theirs = {name.lower() for name, _ in beside} - {"link"}
    return tuple([line for line in lines if line[0].lower() not in theirs])


@lru_cache(maxsize=64)
def _dates(sunset: datetime, deprecated: datetime) -> Headers:
    return ("Sunset", format_datetime(sunset, usegmt=True)), (
        "Deprecation",
        f"@{int(deprecated.timestamp())}",
    )


@lru_cache(maxsize=64)
def _levels(fields: tuple[FieldReport, ...]) -> list[str]:
    """Return the names of the fields that are not exact, as members of the dictionary."""
    levels = by_level(fields)
    return [
        f"{level}=({' '.join(map(string, levels[level]))})"
        for level in _LEVELS
        if level in levels
    ]


_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")


def string(text: str) -> str:
    """Return a String (RFC 9651, 3.3.3): printable ASCII in quotes, ``?`` for the rest."""
    plain = _UNPRINTABLE.sub("?", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def token(text: str) -> str:
    """Return a Token (RFC 9651, 3.3.4), or a String if the text can't be a Token."""
    if _TOKEN.fullmatch(text):
        return text
    return string(text)


_date_of = lru_cache(maxsize=1)(partial(formatdate, usegmt=True))


def http_date() -> str:
    """Return the current HTTP-date (RFC 9110, 5.6.7), computed once a second."""
    return _date_of(int(time.time()))
