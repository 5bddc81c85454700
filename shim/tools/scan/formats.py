"""Findings for continuous integration: GitHub annotations, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import attrs

from shim.tools.scan.findings import Finding, FindingState, as_json
from shim.tools.scan.scanning import Scan

_LEVEL = {FindingState.DEPRECATED: "warning", FindingState.GONE: "error", FindingState.NO_SUCCESSOR: "error"}


def github(report: Scan) -> Iterator[str]:
    """Yield GitHub workflow commands, one for each finding and error."""
    for finding in report.findings:
        place = finding.place
        head = f"file={_property(place.file)},line={place.line},endLine={place.end_line},col={place.column}"
        yield f"::{_LEVEL[finding.state]} {head},title={_property(finding.operation.id)}::{_data(finding.message)}"
    for error in report.errors:
        yield f"::error file={_property(error.file)},line={max(error.line, 1)}::{_data(error.message)}"


def _data(text: str) -> str:
    text = "".join(letter if letter.isprintable() or letter in "\r\n" else "?" for letter in text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(report: Scan, version: str) -> dict[str, Any]:
    """Return the findings as a SARIF 2.1.0 log (OASIS); columns are counted in Unicode code points."""
    rules = [
        {
            "id": operation.id,
            "shortDescription": {"text": f"{operation.method} {operation.path.text} is retired"},
            "properties": {"document": operation.document},
        }
        for operation in {finding.operation.id: finding.operation for finding in report.findings}.values()
    ]
    errors = [
        {
            "level": "error",
            "message": {"text": error.message},
            "locations": [_location(error.file, {"startLine": max(error.line, 1)})],
        }
        for error in report.errors
    ]
    run = {
        "tool": {"driver": {"name": "atlas-shim", "version": version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in report.findings],
        "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": errors}],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, Any]:
    said, place = as_json(finding), finding.place
    region = dict(zip(("startLine", "startColumn", "endLine", "endColumn"), attrs.astuple(place)[1:], strict=True))
    return {
        "ruleId": finding.operation.id,
        "level": _LEVEL[finding.state],
        "message": {"text": finding.message},
        "locations": [_location(place.file, region)],
        "partialFingerprints": {"atlasShim/v1": finding.fingerprint},
        "properties": {key: said[key] for key in ("state", "sunset", "method")},
    }


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    uri = quote(file.replace("\\", "/").encode("utf-8", "surrogateescape"), safe="/:")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
