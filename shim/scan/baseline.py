"""Baseline files: findings that are known and not reported again.

A finding is known by operation, file and text, not by line, so that moving code keeps it known.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from shim.errors import SettingsError
from shim.scan.findings import Finding


def fingerprint(finding: Finding, folder: Path) -> str:
    """Return what stays the same when code moves; ``folder`` is what file names are relative to."""
    try:
        file = Path(os.path.relpath(Path(finding.place.file).resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        file = Path(finding.place.file).resolve().as_posix()
    source = "".join(finding.source.split())
    parts = (finding.operation.id, *finding.others, file, source)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def read_baseline(path: Path) -> Counter[str]:
    """Return how often each fingerprint is known; raises SettingsError when the file is no baseline."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        entries = {1: data["findings"]}[data["format"]]
        return Counter({str(entry["fingerprint"]): int(entry["count"]) for entry in entries})
    except OSError as error:
        raise SettingsError(f"the baseline {path} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError(f"{path} is no baseline; --write-baseline makes one") from None


def write_baseline(path: Path, findings: Sequence[Finding]) -> None:
    """Write a baseline that knows these findings; raises SettingsError when it can't be written."""
    counts = Counter(finding.fingerprint for finding in findings)
    about = {finding.fingerprint: finding for finding in findings}
    entries = [
        {
            "fingerprint": key,
            "count": count,
            "file": about[key].place.file,
            "operation": about[key].operation.id,
            "source": " ".join(about[key].source.split()),
        }
        for key, count in counts.items()
    ]
    entries.sort(key=lambda entry: (entry["file"], entry["operation"], entry["fingerprint"]))
    text = json.dumps({"format": 1, "findings": entries}, indent=2, ensure_ascii=True) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"the baseline {path} can't be written: {error.strerror}") from None


def new_ones(findings: Sequence[Finding], known: Counter[str]) -> tuple[list[Finding], int]:
    """Return the findings beyond those that are known, and how many baseline entries were not met."""
    left = Counter(known)
    fresh = []
    for finding in findings:
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
        else:
            fresh.append(finding)
    return fresh, sum((+left).values())
