#!/usr/bin/env python3
"""Compare the sunsets in a description of Atlas's API with the calendar.

``.ci/announced.py v2.json`` prints a line for each sunset that is new, has moved or was
withdrawn, and exits with 1 if there is one. ``--write`` adds them to
``shim/announced.jsonl``, as seen on the given day.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "shim" / "announced.jsonl"
METHODS = {"get", "post", "put", "patch", "delete"}

Ends = dict[tuple[str, str, str], str]
"""Method, path with empty braces, and the media type's version -> date."""


def ends_of(description: Any) -> Ends:
    """Return the sunsets that a description announces.

    ``x-sunset`` is a property of a response's content.
    """
    ends: Ends = {}
    for path, operations in description["paths"].items():
        for method in METHODS & operations.keys():
            for version, sunset in _sunsets(operations[method]):
                ends[method.upper(), re.sub(r"{[^{}]*}", "{}", path), version] = sunset
    return ends


def _sunsets(operation: Any) -> Iterator[tuple[str, str]]:
    for response in operation.get("responses", {}).values():
        for media, content in response.get("content", {}).items():
            found = re.match(
                r"application/vnd\.atlas\.(?P<version>[\w.-]+\+\w+)", media
            )
            if found and "x-sunset" in content:
                yield found["version"], content["x-sunset"]


def known_ends(rows: list[Any]) -> Ends:
    """Return the newest date of each sunset in the table."""
    return {
        (row["method"], row["path"], row["version"]): row["announced"][0]["sunset"]
        for row in rows
    }


def moved(known: Ends, found: Ends, today: str) -> Iterator[str]:
    """Yield a sentence for each difference.

    A sunset that has passed may disappear from the description.
    """
    for key in sorted(found.keys() | known.keys()):
        before, now = known.get(key), found.get(key)
        name = " ".join(key)
        if before is None:
            yield f"{name}: new, {now}"
        elif now is None and before > today:
            yield f"{name}: withdrawn, was {before}"
        elif now is not None and now != before:
            yield f"{name}: {before} has become {now}"


def added(rows: list[Any], found: Ends, seen: str) -> list[Any]:
    """Return the table with the dates of a description, the newest first."""
    ends = {(row["method"], row["path"], row["version"]): row for row in rows}
    for key, sunset in sorted(found.items()):
        method, path, version = key
        row = ends.setdefault(
            key, {"method": method, "path": path, "version": version, "announced": []}
        )
        dates = [one for one in row["announced"] if one["sunset"] != sunset]
        row["announced"] = [{"seen": seen, "sunset": sunset}, *dates]
    return [*ends.values()]


def main(words: list[str]) -> int:
    """Return the exit code."""
    writes = "--write" in words
    (file,) = [word for word in words if word != "--write"]
    rows = [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]
    found, today = (
        ends_of(json.loads(Path(file).read_text("utf-8"))),
        date.today().isoformat(),  # noqa: DTZ011
    )
    if not found:
        print(f"{file}: announces no end: is it a description of Atlas's API?")
        return 2
    lines = [*moved(known_ends(rows), found, today)]
    print(*(lines or ["Nothing has moved."]), sep="\n")
    if writes:
        text = "".join(json.dumps(row) + "\n" for row in added(rows, found, today))
        TABLE.write_text(text, "utf-8")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
