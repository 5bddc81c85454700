"""The record of one exchange: what was asked, of whom, why, and what is no longer what it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs

from shim.documents.vocabulary import Fidelity


@attrs.frozen(cache_hash=True)
class FieldReport:
    """What one legacy field is on the side that answered; ``owner`` is the document the rule stands in."""

    name: str
    fidelity: Fidelity
    why: str = ""
    owner: str = ""


@attrs.frozen
class Dropped:
    """One value that could not be translated: where it stood, what upstream said, and why it was left out."""

    where: str
    said: Any
    why: str


@attrs.frozen
class Sent:
    """One upstream request, the status it got (None while unanswered), and the side it was sent to."""

    method: str
    target: str
    status: int | None = None
    route: str = ""


@attrs.frozen
class Record:
    """What happened in one exchange of a recognised operation.

    ``api`` is ``v1.0`` or ``v2``; ``route`` is the side whose answer the caller got: ``legacy``,
    ``flex``, ``dedicated``, or ``none`` when the shim answered alone. ``reason`` and ``notes`` are
    for people. ``fields`` lists every field of the legacy shape, ``dropped`` the values left out.
    """

    operation: str
    api: str
    route: str
    reason: str
    sunset: datetime
    deprecated: datetime
    sent: tuple[Sent, ...] = ()
    fields: tuple[FieldReport, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()

    def by_level(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the fields that are not exact, by fidelity level."""
        return by_level(self.fields)


def by_level(reports: Iterable[FieldReport]) -> dict[str, tuple[str, ...]]:
    """Return the names of the fields that are not exact, by fidelity level."""
    levels: dict[str, list[str]] = {}
    for report in reports:
        if report.fidelity is not Fidelity.EXACT:
            levels.setdefault(report.fidelity.value, []).append(report.name)
    return {level: tuple(names) for level, names in levels.items()}
