"""Which field lines cross the gateway, and which it adds (RFC 9110, 7.6)."""

from __future__ import annotations

import time
from email.utils import formatdate

from shim.core.messages import Headers, field

PSEUDONYM = "atlas-shim"
"""The gateway's name in Via (RFC 9110, 7.6.3) and Proxy-Status (RFC 9209)."""

VIA = ("Via", f"1.1 {PSEUDONYM}")

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-authenticate",
        "proxy-authorization",
    }
)
_FORWARDED = frozenset({"forwarded", "x-real-ip"})
_REQUEST_DROPS = _HOP_BY_HOP | {"host", "content-length", "expect"}


def for_upstream(headers: Headers, authority: str) -> list[tuple[str, str]]:
    """Return the request's field lines for upstream: end-to-end ones, Host and Via made anew.

    Content-Length is left to the sender, and so is a 100-continue; where the caller comes from is
    nobody's business upstream, so ``Forwarded``, ``X-Forwarded-*`` and ``X-Real-IP`` are dropped.
    """
    drops = _named_by_connection(headers) | _REQUEST_DROPS
    lines = [("Host", authority)]
    for line in headers:
        name = line[0].lower().replace("_", "-")
        if name not in drops and name not in _FORWARDED and not name.startswith("x-forwarded-"):
            lines.append(line)
    lines.append(VIA)
    return lines


def for_caller(headers: Headers) -> list[tuple[str, str]]:
    """Return a reply's field lines for the caller: end-to-end ones in order, duplicates kept, and Via.

    Content-Length stays, unless upstream framed the content in another way (RFC 9112, 6.3).
    """
    drops = _named_by_connection(headers) | _HOP_BY_HOP
    if field(headers, "Transfer-Encoding") is not None:
        drops |= {"content-length"}
    lines = [line for line in headers if line[0].lower().replace("_", "-") not in drops]
    if field(headers, "Date") is None:
        lines.append(("Date", now()))
    lines.append(VIA)
    return lines


def loops(headers: Headers) -> bool:
    """Tell whether this message has passed this kind of gateway before."""
    for name, value in headers:
        if name.lower() == "via":
            for member in value.split(","):
                words = member.split()
                if len(words) > 1 and words[1].lower() == PSEUDONYM:
                    return True
    return False


def codings(headers: Headers) -> Headers:
    """Return the lines with an Accept-Encoding that the gateway can decode and the caller accepts.

    A reply may be read and still be handed back as it came, so what is asked for must suit both.
    """
    said = ",".join(value for name, value in headers if name.lower() == "accept-encoding")
    accepted = "gzip" if _accepts_gzip(said) else "identity"
    lines = tuple(line for line in headers if line[0].lower() != "accept-encoding")
    return (*lines, ("Accept-Encoding", accepted))


_date: tuple[int, str] = (0, "")


def now() -> str:
    """Return the current HTTP-date (RFC 9110, 5.6.7), made once a second."""
    global _date  # noqa: PLW0603 - one text for all requests of a second
    second = int(time.time())
    if _date[0] != second:
        _date = (second, formatdate(second, usegmt=True))
    return _date[1]


def _named_by_connection(headers: Headers) -> frozenset[str]:
    named = [value for name, value in headers if name.lower() == "connection"]
    if not named:
        return frozenset()
    return frozenset(word.strip().lower().replace("_", "-") for word in ",".join(named).split(","))


def _accepts_gzip(said: str) -> bool:
    weights: dict[str, bool] = {}
    for member in said.lower().split(","):
        coding, _, weight = member.replace(" ", "").replace("\t", "").partition(";q=")
        weights[coding] = weight.strip("0.") != "" if weight else True
    return weights.get("gzip", weights.get("*", False))
