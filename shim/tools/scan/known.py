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
from pathlib import Path

import attrs

from shim.documents.model import Operation
from shim.errors import SettingsError
from shim.tools.scan.findings import Finding
from shim.tools.scan.texts import Place

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

    def covers(self, place: Place, operation: Operation, statement: tuple[int, ...] = ()) -> bool:
        """Return whether it applies to a finding whose statement has this first and last line."""
        if self.names and not self.names & {operation.id, *operation.aliases, *operation.sdk}:
            return False
        within = place.line - self.alone <= self.line <= place.end_line
        return self.whole_file or within or self.line in statement


def pragmas(text: str) -> tuple[Pragma, ...]:
    """Return the ignore comments of a program, but not strings that look like comments."""
    found = []
    for number, line in enumerate(text.split("\n") if "atlas-shim:" in text else (), 1):
        match = _COMMENT.search(line)
        if match is not None and not {'"', "'"} & set(_QUOTED.sub("", match[1])):
            names = frozenset(filter(None, (name.strip() for name in (match[3] or "").split(","))))
            found.append(Pragma(number, names, match[2] is not None, not match[1].strip()))
    return tuple(found)


def fingerprint(finding: Finding, folder: Path) -> str:
    """Return a key that stays the same when code moves; file names are relative to ``folder``."""
    try:
        file = Path(os.path.relpath(Path(finding.place.file).resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        file = Path(finding.place.file).resolve().as_posix()
    source = "".join(finding.source.split())
    parts = (finding.operation.id, *finding.others, file, source)
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
    """Return the unknown findings, and the number of baseline entries that were not found."""
    left = Counter(known)
    fresh = []
    for finding in findings:
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
        else:
            fresh.append(finding)
    return fresh, sum((+left).values())
