"""Read the ends that Atlas ever announced, from ``announced.jsonl``.

It has each date, and the last day on which it was seen. The source is the published
descriptions of Atlas's API, from 2025-08-26 to 2026-08-21. Previews are among them,
though no document of the shim serves one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import attrs


@attrs.frozen
class Announcement:
    """A date, and the day of the last description with it.

    Both as in ``2026-01-22``.
    """

    seen: str
    sunset: str


@attrs.frozen
class AnnouncedEnd:
    """One operation in one version; the newest announcement comes first."""

    method: str
    path: str
    """Its parameters have no names: ``/groups/{}/clusters``."""
    version: str
    """As in ``2023-01-01``, or ``preview``."""
    announced: Sequence[Announcement]


EndKey = tuple[str, str, str]
"""Method, path without names, version."""


@cache
def announced_ends() -> Mapping[EndKey, AnnouncedEnd]:
    """Return the table."""
    text = files("shim").joinpath("announced.jsonl").read_text("utf-8")
    ends = dict[EndKey, AnnouncedEnd]()
    for line in text.splitlines():
        row = json.loads(line)
        version = row["version"].partition("+")[0]
        dates = [Announcement(**date) for date in row["announced"]]
        method = row["method"]
        path = row["path"]
        ends[method, path, version] = AnnouncedEnd(method, path, version, dates)
    return ends


def unnamed(path: str) -> str:
    """Return a path whose parameters have no names."""
    return re.sub(r"{[^{}]*}", "{}", path)
