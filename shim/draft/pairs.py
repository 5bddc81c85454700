"""Recorded pairs: what an API answered in an old and a new version of one read, within seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from shim.errors import SettingsError


@attrs.frozen
class Pair:
    """One line of a file of pairs: the request target, and version and decoded answer of both sides.

    A version is a date as Accept names it, empty where the API has none. ``recorded`` is the day, if it is said.
    """

    line: int
    path: str
    old_version: str
    old: Any
    new_version: str
    new: Any
    recorded: str = ""


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Return the pairs of a file, one JSON object a line; raises SettingsError that names each bad line."""
    problems: list[str] = []
    try:
        pairs = tuple(_lines(path, problems))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name}: {error}") from None
    if not pairs and not problems:
        problems.append(f"{path.name}: has no pairs; each line is an object with path, old and new")
    if problems:
        raise SettingsError(*problems)
    return pairs


def _lines(path: Path, problems: list[str]) -> Iterator[Pair]:
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"{path.name}: line {number} is no JSON: {error}")
            continue
        missing = [key for key in ("path", "old", "new") if not isinstance(said, dict) or key not in said]
        if missing:
            problems.append(f"{path.name}: line {number} has no {' and no '.join(missing)}")
        elif not all(isinstance(said.get(key, ""), str) for key in ("path", "old_version", "new_version")):
            problems.append(f"{path.name}: line {number}: path and versions must be texts")
        else:
            yield _pair(number, said)


def _pair(number: int, said: Mapping[str, Any]) -> Pair:
    return Pair(
        line=number,
        path=said["path"],
        old_version=said.get("old_version", ""),
        old=said["old"],
        new_version=said.get("new_version", ""),
        new=said["new"],
        recorded=str(said.get("recorded") or ""),
    )
