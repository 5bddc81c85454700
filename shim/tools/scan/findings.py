"""Findings: uses of retired operations with dates and advice, as JSON and SARIF.

It also reads the comments that ignore a finding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import attrs

from shim.documents.calls import Target
from shim.documents.model import Operation
from shim.tools.scan.sought import RetiredUse

_COMMENT = re.compile(r"^(.*?)(?:#|//|/\*|--|<!--|;)\s*atlas-shim:\s*ignore(?![\w\[-])")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")


class FindingState(StrEnum):
    """How urgent a finding is."""

    DEPRECATED = "deprecated"  # the sunset is in the future
    GONE = "gone"  # the sunset has passed; there is a successor
    NO_SUCCESSOR = "no successor"  # at any date


_ENDS = dict(
    zip(FindingState, ("ends on", "ended on", "has no successor since"), strict=True)
)


@attrs.frozen
class Finding(RetiredUse):
    """A use on a day."""

    state: FindingState
    sunset: datetime
    source: str
    """Its first line."""

    @property
    def operation(self) -> Operation:
        """The first of the operations that it may be."""
        return self.operations[0]

    @property
    def successors(self) -> list[dict[str, str]]:
        """The successor calls, in the order in which the shim makes them.

        ``word`` of the body selects a call.
        """
        calls = []
        for tier, successor in self.operation.successors.items():
            for word, target in [("", successor.only), *successor.choices.items()]:
                if isinstance(target, Target):
                    for method, path, version in target.changes:
                        calls.append(
                            {
                                "tier": tier,
                                "method": method,
                                "path": path,
                                "version": version,
                                "word": word,
                            }
                        )
        return [{key: value for key, value in call.items() if value} for call in calls]

    @property
    def advice(self) -> str:
        """The advice, in a sentence."""
        if self.operation.without_successor:
            return self.operation.without_successor
        first = self.successors[0]
        return f"Call {first['method']} {first['path']} (version {first['version']}) instead."

    @property
    def message(self) -> str:
        """The use, its sunset, and the call to make instead."""
        if self.kind in {"call", "path"}:
            said = f"{self.method or 'a call of'} {self.text}"
        else:
            said = self.text
        return f"{said} {_ENDS[self.state]} {self.sunset:%Y-%m-%d}. {self.advice}"


@attrs.frozen
class Remark:
    """A remark on a file, or on the whole scan."""

    file: str
    """Its name; empty for the whole scan."""
    line: int
    """From 1; 0 for the whole file."""
    message: str


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON: names and dates, and every successor."""
    operation = finding.operation
    place = finding.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "kind": finding.kind,
        "operation": operation.id,
        "alternatives": [one.id for one in finding.operations[1:]],
        "method": finding.method,
        "found": finding.text,
        "path": operation.path.text,
        "document": operation.document,
        "deprecated": operation.deprecated.date().isoformat(),
        "sunset": finding.sunset.date().isoformat(),
        "state": finding.state.value,
        "successors": finding.successors,
        "advice": finding.advice,
        "source": finding.source,
    }


def sarif(
    findings: Sequence[Finding], version: str, *, is_whole: bool
) -> dict[str, Any]:
    """Return the findings as a SARIF 2.1.0 log (OASIS).

    Columns are counted in Unicode code points. ``is_whole`` means that all files could
    be read.
    """
    operations = {one.operation.id: one.operation for one in findings}
    rules = []
    for operation in operations.values():
        said = f"{operation.method} {operation.path.text} is retired"
        rule = {"id": operation.id, "shortDescription": {"text": said}}
        rules.append({**rule, "properties": {"document": operation.document}})
    driver = {"name": "atlas-shim", "version": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in findings],
        "invocations": [{"executionSuccessful": is_whole}],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _result(finding: Finding) -> dict[str, Any]:
    said = as_json(finding)
    place = finding.place
    path = place.file.replace("\\", "/")
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/:")
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    is_warning = finding.state is FindingState.DEPRECATED
    location = {"artifactLocation": {"uri": uri}, "region": region}
    properties = {key: said[key] for key in ("state", "sunset", "method")}
    return {
        "ruleId": finding.operation.id,
        "level": "warning" if is_warning else "error",
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
        "properties": properties,
    }


def spared(text: str) -> dict[int, range]:
    """Return the lines that each ignore comment applies to, by its line.

    One that is alone on its line applies to the next line, too. Strings that look like
    comments don't count.
    """
    found = dict[int, range]()
    for number, line in enumerate(text.split("\n") if "atlas-shim:" in text else (), 1):
        match = _COMMENT.search(line)
        if match is None:
            continue
        unquoted = set(_QUOTED.sub("", match[1]))
        if not {'"', "'"} & unquoted:
            found[number] = range(number, number + (1 if match[1].strip() else 2))
    return found
