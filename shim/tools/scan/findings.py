"""Findings: uses of retired operations with their state on a day, and advice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from shim.documents.calls import Target
from shim.documents.model import Operation
from shim.tools.scan.living import is_living
from shim.tools.scan.texts import Place


class FindingState(StrEnum):
    """How urgent a finding is."""

    DEPRECATED = "deprecated"
    """The sunset is in the future."""
    GONE = "gone"
    """The sunset has passed; there is a successor."""
    NO_SUCCESSOR = "no successor"
    """The operation has no successor, whatever the date."""


_ENDS = {
    FindingState.DEPRECATED: "ends on",
    FindingState.GONE: "ended on",
    FindingState.NO_SUCCESSOR: "has no successor since",
}


@attrs.frozen
class Finding:
    """One use in one file.

    ``place`` counts lines from the start of the file, or of the notebook's cell number ``cell``. ``source`` is the
    text there, ``row`` its whole first line. If the method is unknown, ``others`` are further operations it may mean.
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
    row: str
    cell: int | None = None
    fingerprint: str = ""

    @property
    def successors(self) -> list[dict[str, str]]:
        """The successor calls, in the order in which the shim makes them; ``word`` of the body chooses a call."""
        calls = [
            {
                "tier": tier,
                "method": target.method,
                "path": target.path.text,
                "version": target.version or target.media_type,
                "word": word,
            }
            for tier, successor in self.operation.successors.items()
            for word, target in [("", successor.only), *successor.choices.items()]
            if isinstance(target, Target)
        ]
        return [{key: value for key, value in call.items() if value} for call in calls]

    @property
    def advice(self) -> str:
        """What to do now, in a sentence."""
        if self.operation.without_successor:
            return self.operation.without_successor
        first = self.successors[0]
        if is_living(self.operation):
            return f"Name version {first['version']} in Accept instead; {first['method']} {first['path']} stays."
        return f"Call {first['method']} {first['path']} (version {first['version']}) instead."

    @property
    def message(self) -> str:
        """The use, its sunset, and the call to make instead."""
        said = f"{self.method or 'a call of'} {self.text}" if self.kind in {"call", "path"} else self.text
        return f"{said} {_ENDS[self.state]} {written(self.sunset)}. {self.advice}"


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON: names and dates, and every successor."""
    operation, place = finding.operation, finding.place
    return {
        "file": place.file,
        **({} if finding.cell is None else {"cell": finding.cell}),
        "line": place.line,
        "column": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
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
        "successors": finding.successors,
        "advice": finding.advice,
        "source": finding.source,
        "fingerprint": finding.fingerprint,
    }


def written(when: datetime) -> str:
    """Return an instant as a date if it is 00:00 UTC, else as RFC 3339."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ").removesuffix("T00:00:00Z")


def worst(findings: Iterable[Finding]) -> FindingState | None:
    """Return the most urgent state, None without findings."""
    order = list(FindingState)
    return max((finding.state for finding in findings), key=order.index, default=None)
