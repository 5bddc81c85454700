"""The fields that tell a caller what became of a retired call."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from shim.core.messages import Headers
from shim.core.record import FieldReport, Record, by_level
from shim.gateway.structured import date, string, strings, token

NOTED = frozenset({"flex", "dedicated", "none"})
"""The routes whose replies are annotated; on the legacy route Atlas' own fields stand alone."""

_LEVELS = ("renamed", "derived", "constant", "absent")


def notes(record: Record) -> list[tuple[str, str]]:
    """Return the field lines that a record adds to its reply, none on the legacy route.

    ``Sunset`` (RFC 8594), ``Deprecation`` (RFC 9745), ``Link`` with ``successor-version`` (RFC
    5829) and the dictionary ``Atlas-Shim`` (RFC 9651).
    """
    if record.route not in NOTED:
        return []
    last = record.sent[-1] if record.sent else None
    call = None if last is None else f"{last.method} {last.target}"
    lines = [*_dates(record.sunset, record.deprecated)]
    if last is not None:
        lines.append(("Link", f'<{last.target.partition("?")[0]}>; rel="successor-version"'))
    lines.append(("Atlas-Shim", _summary(record.route, record.reason, call, record.fields, len(record.dropped))))
    return lines


def beside(record: Record, headers: Headers) -> list[tuple[str, str]]:
    """Return the lines to add to a reply that is passed through: dates that it has itself stand alone."""
    own = {name.lower() for name, _ in headers}
    return [(name, value) for name, value in notes(record) if name == "Link" or name.lower() not in own]


@lru_cache(maxsize=256)
def _summary(route: str, reason: str, call: str | None, reports: tuple[FieldReport, ...], dropped: int) -> str:
    """Return one structured dictionary: route, reason, call, and the fields by level."""
    # Replies to the same call mostly say the same.
    members = [f"route={token(route)}", f"reason={string(reason)}"]
    if call is not None:
        members.append(f"call={string(call)}")
    levels = by_level(reports)
    members.extend(f"{level}={strings(levels[level])}" for level in _LEVELS if level in levels)
    if dropped:
        members.append(f"dropped={dropped}")
    return ", ".join(members)


@lru_cache(maxsize=64)
def _dates(sunset: datetime, deprecated: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("Sunset", format_datetime(sunset, usegmt=True)), ("Deprecation", date(deprecated.timestamp()))
