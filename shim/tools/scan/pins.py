"""Read the versions that a tree pins: of Atlas's Go SDK, providers, operator and CLI."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from shim.tools.scan import rules
from shim.tools.scan.files import UnreadError, read

Limit = tuple[float, ...]
"""A version as three numbers, and 1 if it is allowed itself, 0 if only versions before
it are.
"""
ANY: Limit = (math.inf,)
"""The limit of a requirement that allows all future versions."""
_PART = re.compile(r"([~^<>=!]*)\s*v?(\d+(?:\.(?:\d+|[xX*]))*)")
_EXACT = frozenset({"", "=", "==", "===", "<="})


def limit(constraint: str) -> Limit:
    """Return the newest version that a constraint allows.

    It is a constraint of Terraform, npm or pip, or a version alone. Of alternatives (``

    ``) the newest counts.
    """
    every = (one for one in constraint.split("||"))
    newest = []
    for one in every:
        limits = [_limit(*part) for part in _PART.findall(one)]
        newest.append(min(limits, default=ANY))
    return max(newest)


def _limit(sign: str, version: str) -> Limit:
    numbers = [int(one) for one in re.findall(r"\d+", version)]
    last = len(numbers) - 1
    if sign == "<":
        return before(version)
    if sign in _EXACT and version[-1] not in "xX*":
        return (*before(version)[:3], 1)
    # The number that may not grow.
    if sign in {"~>", "~="}:
        at = last - 1
    elif sign == "~":
        at = 1
    elif sign == "^":
        at = 0 if numbers[0] else 1
    elif sign in _EXACT:
        at = last
    else:
        return ANY
    at = min(at, last)
    if at < 0:
        return ANY
    following = [*numbers[:at], numbers[at] + 1]
    return before(".".join(map(str, following)))


def before(version: str) -> Limit:
    """Return the limit before a version."""
    numbers = [*map(int, re.findall(r"\d+", version)), 0, 0]
    return (*numbers[:3], 0)


def files_above(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the files in the folders above some paths, up to their repository's folder."""
    for path in paths:
        folders = path.resolve().parents
        roots = [folder for folder in folders if (folder / ".git").exists()]
        end = folders.index(roots[0]) + 1 if roots else 0
        for folder in folders[:end]:
            for file in folder.iterdir():
                if file.is_file():
                    yield str(file)


class Pins:
    """The pins of a tree's files, by folder and tool."""

    def __init__(self, files: Iterable[str]) -> None:
        self._by_folder: dict[Path, dict[str, Limit]] = {}
        for path in map(Path, files):
            for tool, said in rules.table("pins").items():
                if any(map(path.match, said["files"])):
                    with suppress(OSError, UnreadError):
                        known = self._by_folder.setdefault(path.resolve().parent, {})
                        for found in re.findall(said["version"], read(str(path))):
                            known[tool] = min(limit(found), known.get(tool, ANY))

    def of(self, file: str) -> Mapping[str, Limit]:
        """Return the limits for a file.

        They are the oldest that its folders pin, else the newest of the tree. Pulumi's
        limit is that of the provider which it wraps.
        """
        folders = []
        for one in Path(file).resolve().parents:
            if one in self._by_folder:
                folders.append(self._by_folder[one])
        limits = dict[str, Limit]()
        for tool in rules.table("pins"):
            every = [one[tool] for one in self._by_folder.values() if tool in one]
            newest = max(every, default=ANY)
            near = [one[tool] for one in folders if tool in one]
            limits[tool] = min(near, default=newest)
        if (pulumi := limits["pulumi"]) != ANY:
            pairs = (one.split() for one in rules.table("wrapped", "pulumi"))
            wrapped = [name for version, name in pairs if before(version) < pulumi]
            if wrapped:
                limits["pulumi"] = limit(wrapped[-1])
            else:
                limits["pulumi"] = before("0")
        return limits
