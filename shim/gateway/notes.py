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
    lines = [
        ("Sunset", _http_date(record.sunset)),
        ("Deprecation", date(record.deprecated.timestamp())),
    ]
    if record.sent:
        path = record.sent[-1].target.partition("?")[0]
        lines.append(("Link", f'<{path}>; rel="successor-version"'))
    lines.append(("Atlas-Shim", summary(record)))
    return lines


def beside(record: Record, headers: Headers) -> list[tuple[str, str]]:
    """Return the lines to add to a reply that is passed through: dates that it has itself stand alone."""
    own = {name.lower() for name, _ in headers}
    return [(name, value) for name, value in notes(record) if name == "Link" or name.lower() not in own]


def summary(record: Record) -> str:
    """Return a record as one structured dictionary: route, reason, call, and the fields by level."""
    members = [f"route={token(record.route)}", f"reason={string(record.reason)}"]
    if record.sent:
        last = record.sent[-1]
        members.append(f"call={string(f'{last.method} {last.target}')}")
    members.extend(_by_level(record.fields))
    if record.dropped:
        members.append(f"dropped={len(record.dropped)}")
    return ", ".join(members)


@lru_cache(maxsize=64)
def _by_level(reports: tuple[FieldReport, ...]) -> tuple[str, ...]:
    # Replies of an operation mostly say the same of their fields.
    levels = by_level(reports)
    return tuple(f"{level}={strings(levels[level])}" for level in _LEVELS if level in levels)


@lru_cache(maxsize=64)
def _http_date(when: datetime) -> str:
    return format_datetime(when, usegmt=True)
