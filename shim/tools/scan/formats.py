"""Findings for code scanning: SARIF 2.1.0."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import attrs

from shim.tools.scan.findings import Finding, FindingState, as_json
from shim.tools.scan.scanning import Scan

_LEVEL = {FindingState.DEPRECATED: "warning", FindingState.GONE: "error", FindingState.NO_SUCCESSOR: "error"}


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
