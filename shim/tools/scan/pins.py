"""The versions that a tree pins: of Atlas' SDK for Go, its providers and operator, and the Atlas CLI."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from shim.tools.scan import rules
from shim.tools.scan.files import Source, UnreadError, read

Limit = tuple[int, ...]
"""A version as three numbers, and 1 if it may be used itself, 0 if only versions before it may."""
_PART = re.compile(r"([~^<>=!]*)\s*v?(\d+(?:\.(?:\d+|[xX*]))*)")
_GROWING = {"~>": -2, "~=": -2, "~": 1, "^": 0, "": None, "=": None, "==": None, "===": None, "<=": None}
"""The last number of a version that stays as it is, from the end or the start of those given; None: all of them."""


def limit(constraint: str) -> Limit | None:
    """Return the newest version that a constraint admits, None if any newer one will do.

    It is one of Terraform, npm or pip, or a version alone; of alternatives (``||``) the newest counts.
    """
    found = [[_limit(*part) for part in _PART.findall(one)] for one in constraint.split("||")]
    newest = [min(filter(None, one), default=None) for one in found]
    return max(filter(None, newest)) if all(newest) else None


def _limit(sign: str, version: str) -> Limit | None:
    numbers = [int(one) for one in re.findall(r"\d+", version)]
    if sign == "<":
        return before(version)
    if sign not in _GROWING or (sign == "~>" and len(numbers) == 1):
        return None
    at = _GROWING[sign]
    if at is None and version[-1] in "xX*":
        at = len(numbers) - 1
    if at is None:
        return (*before(version)[:3], 1)
    at += len(numbers) if at < 0 else sign == "^" and not numbers[0]
    at = min(at, len(numbers) - 1)
    return before(".".join(map(str, [*numbers[:at], numbers[at] + 1])))


def before(version: str) -> Limit:
    """Return the limit before a version."""
    return (*[*map(int, re.findall(r"\d+", version)), 0, 0][:3], 0)


def files_above(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the files that stand in the folders above some paths, up to that of their repository."""
    for path in paths:
        folders = path.resolve().parents
        end = next((at for at, folder in enumerate(folders, 1) if (folder / ".git").exists()), 0)
        yield from (str(file) for folder in folders[:end] for file in folder.iterdir() if file.is_file())


class Pins:
    """What the files of a tree pin, by folder and tool; None where they admit any newer version."""

    def __init__(self, files: Iterable[str]) -> None:
        self._by_folder: dict[Path, dict[str, Limit | None]] = {}
        for path in map(Path, files):
            for tool, said in rules.table("pins").items():
                if any(map(path.match, said["files"])):
                    with suppress(OSError, UnreadError):
                        self._note(path, tool, said["version"])

    def _note(self, path: Path, tool: str, version: str) -> None:
        known = self._by_folder.setdefault(path.resolve().parent, {})
        for found in re.findall(version, read(Source(str(path), "", "")).decode("utf-8", "replace")):
            known[tool] = min(filter(None, (limit(found), known.get(tool))), default=None)

    def of(self, file: str) -> Mapping[str, Limit | None]:
        """Return the limits for a file: the oldest that its folders pin; where none does, the newest of the tree.

        Pulumi's is that of the provider which it wraps.
        """
        folders = [self._by_folder[one] for one in Path(file).resolve().parents if one in self._by_folder]
        limits = dict[str, Limit | None]()
        for tool in rules.table("pins"):
            above = [one[tool] for one in folders if tool in one]
            everywhere = [one[tool] for one in self._by_folder.values() if tool in one]
            newest = max(filter(None, everywhere), default=None) if all(everywhere) else None
            limits[tool] = min(filter(None, above), default=None) if above else newest
        if (pulumi := limits["pulumi"]) is not None:
            pairs = (one.split() for one in rules.table("wrapped", "pulumi"))
            wrapped = [name for version, name in pairs if before(version) < pulumi]
            limits["pulumi"] = limit(wrapped[-1]) if wrapped else before("0")
        return limits
