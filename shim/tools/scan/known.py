"""Removes known findings: ``atlas-shim: ignore`` comments, and baseline files.

A baseline knows a finding by operation, file and text, not by line, so that moved code stays known.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import attrs

from shim.documents.model import Operation
from shim.errors import SettingsError
from shim.tools.scan.findings import Finding

_COMMENT = re.compile(r"^(.*?)(?:#|//|/\*|--|<!--|;)\s*atlas-shim:\s*ignore(-file)?\b(?!\w)\s*(?:\[([^\]]*)\])?")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")


@attrs.frozen
class Pragma:
    """One comment: its line, its operations (empty: all), and whether it applies to the whole file.

    A comment alone on its line applies to the next line, too.
    """

    line: int
    names: frozenset[str]
    whole_file: bool
    alone: bool

    def covers(self, operation: Operation, lines: range, ends: tuple[int, int]) -> bool:
        """Return whether it applies to a finding in some lines, whose statement has this first and last line."""
        if self.names and not self.names & {operation.id, *operation.aliases, *operation.sdk}:
            return False
        return self.whole_file or self.line in lines or self.line + self.alone == lines[0] or self.line in ends


def pragmas(text: str) -> list[Pragma]:
    """Return the ignore comments of a program, but not strings that look like comments."""
    found = []
    for number, line in enumerate(text.split("\n") if "atlas-shim:" in text else (), 1):
        match = _COMMENT.search(line)
        if match is not None and not {'"', "'"} & set(_QUOTED.sub("", match[1])):
            names = frozenset(filter(None, (name.strip() for name in (match[3] or "").split(","))))
            found.append(Pragma(number, names, match[2] is not None, not match[1].strip()))
    return found


def fingerprint(finding: Finding, folder: Path) -> str:
    """Return a key that stays the same when code moves; file names are relative to ``folder``."""
    file = Path(finding.place.file).resolve()
    with suppress(ValueError):  # another drive
        file = Path(os.path.relpath(file, folder.resolve()))
    parts = (finding.operation.id, *finding.others, file.as_posix(), "".join(finding.source.split()))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def read_baseline(path: Path) -> Counter[str]:
    """Return the count of each fingerprint; raises SettingsError if the file is not a baseline."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        entries = {1: data["findings"]}[data["format"]]
        return Counter({str(entry["fingerprint"]): int(entry["count"]) for entry in entries})
    except OSError as error:
        raise SettingsError(f"the baseline {path} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError(f"{path} is not a baseline; --write-baseline makes one") from None


def write_baseline(path: Path, findings: Sequence[Finding]) -> None:
    """Write a baseline of these findings; raises SettingsError if it can't be written."""
    counts = Counter(finding.fingerprint for finding in findings)
    entries = [
        {
            "fingerprint": key,
            "count": counts[key],
            "file": finding.place.file,
            "operation": finding.operation.id,
            "source": " ".join(finding.source.split()),
        }
        for key, finding in {finding.fingerprint: finding for finding in findings}.items()
    ]
    entries.sort(key=lambda entry: (entry["file"], entry["operation"], entry["fingerprint"]))
    try:
        path.write_text(json.dumps({"format": 1, "findings": entries}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"the baseline {path} can't be written: {error.strerror}") from None


def new_ones(findings: Sequence[Finding], known: Counter[str]) -> tuple[list[Finding], int]:
    """Return the unknown findings, and the number of baseline entries that were not found."""
    left, fresh = Counter(known), []
    for finding in findings:
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
        else:
            fresh.append(finding)
    return fresh, sum((+left).values())
