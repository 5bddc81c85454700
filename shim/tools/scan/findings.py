"""Findings: uses of retired operations with their state on a day, and advice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents.calls import Target
from shim.documents.model import Operation
from shim.tools.scan.living import is_living
from shim.tools.scan.sightings import Use
from shim.tools.scan.texts import Place


class FindingState(StrEnum):
    """How urgent a finding is."""

    DEPRECATED = "deprecated"
    """The sunset is in the future."""
    GONE = "gone"
    """The sunset has passed; there is a successor."""
    NO_SUCCESSOR = "no successor"
    """The operation has no successor, whatever the date."""


@attrs.frozen
class SuccessorCall:
    """A successor call; ``word`` is the word of the body that chooses it."""

    tier: str
    method: str
    path: str
    version: str
    word: str = ""


@attrs.frozen
class Finding:
    """One use in one file.

    ``place`` counts lines from the start of the file, or of the notebook's cell number ``cell``.
    ``row`` is the whole line; if the method is unknown, ``others`` are further operations it may mean.
    """

    place: Place
    kind: str
    operation: Operation
    others: tuple[str, ...]
    method: str | None
    text: str
    state: FindingState
    sunset: datetime
    source: str
    cell: int | None = None
    fingerprint: str = ""
    row: str = ""

    @property
    def successors(self) -> tuple[SuccessorCall, ...]:
        """The successor calls, in the order in which the shim makes them."""
        return successors_of(self.operation)

    @property
    def advice(self) -> str:
        """What to do now, in a sentence."""
        if self.operation.without_successor:
            return self.operation.without_successor
        first = self.successors[0]
        if is_living(self.operation):
            return f"Name version {first.version} in Accept instead; {first.method} {first.path} stays."
        return f"Call {first.method} {first.path} (version {first.version}) instead."


def successors_of(operation: Operation) -> tuple[SuccessorCall, ...]:
    """Return every successor call of an operation."""
    found: list[SuccessorCall] = []
    for tier, successor in operation.successors.items():
        if successor.only is not None:
            found.append(_successor(tier, successor.only, ""))
        found += [
            _successor(tier, target, word) for word, target in successor.choices.items() if isinstance(target, Target)
        ]
    return tuple(found)


def _successor(tier: str, target: Target, word: str) -> SuccessorCall:
    return SuccessorCall(tier, target.method, target.path.text, target.version or target.media_type, word)


def finding_of(use: Use, settings: Settings, at: datetime, source: str) -> Finding:
    """Return the finding for a use; ``at`` is an aware instant, ``source`` the file's text."""
    operation = use.operations[0]
    sunset = sunset_of(operation, settings)
    if not operation.successors:
        state = FindingState.NO_SUCCESSOR
    else:
        state = FindingState.GONE if at >= sunset else FindingState.DEPRECATED
    return Finding(
        place=use.place,
        kind=use.kind,
        operation=operation,
        others=tuple(other.id for other in use.operations[1:]),
        method=use.method,
        text=use.text,
        state=state,
        sunset=sunset,
        source=source,
    )


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON: names and dates, and every successor."""
    operation = finding.operation
    return {
        "file": finding.place.file,
        **({} if finding.cell is None else {"cell": finding.cell}),
        "line": finding.place.line,
        "column": finding.place.column,
        "endLine": finding.place.end_line,
        "endColumn": finding.place.end_column,
        "kind": finding.kind,
        "operation": operation.id,
        "alternatives": list(finding.others),
        "method": finding.method,
        "found": finding.text,
        "path": operation.path.text,
        "document": operation.document,
        "deprecated": operation.deprecated.date().isoformat(),
        "sunset": written(finding.sunset),
        "state": finding.state.value,
        "successors": [attrs.asdict(one, filter=lambda _, value: value != "") for one in finding.successors],
        "advice": finding.advice,
        "source": finding.source,
        "fingerprint": finding.fingerprint,
    }


def written(when: datetime) -> str:
    """Return an instant as a date if it is 00:00 UTC, else as RFC 3339."""
    text = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text.removesuffix("T00:00:00Z")


def worst(findings: Iterable[Finding]) -> FindingState | None:
    """Return the most urgent state, None without findings."""
    order = list(FindingState)
    return max((finding.state for finding in findings), key=order.index, default=None)
