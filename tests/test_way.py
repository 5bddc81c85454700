"""The count of a call's functions covers all entry points, and folder docstrings name its stations in order."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

STATION = re.compile(r"^    ``([\w.]+)``  ", re.MULTILINE)


LONGEST = {
    "gateway,_seen": (256, 52),
    "gateway": (210, 45),
    "httpx": (183, 39),
    "requests": (154, 37),
}
"""The most functions and files of a call, by entry point: ten percent more than it needs on Python 3.11."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return the counts of the first call, step by step, and the tables after them."""
    environ = {
        **os.environ,
        "ATLAS_SHIM_INVENTORY": str(tmp_path_factory.mktemp("way") / "calls.jsonl"),
    }
    command = [
        sys.executable,
        "-c",
        "from benchmarks import way; way.WARM = 0; way.main(['--list'])",
    ]
    root = Path(__file__).parents[1]
    return subprocess.run(
        command, cwd=root, env=environ, check=True, capture_output=True, text=True
    ).stdout


def test_the_way_of_one_call_is_counted(shown):
    """Each entry point has its figures, and the lines of all rooms are added up."""
    tables = shown[shown.index("one call") :].split("\n\n")
    ways, rooms = (
        [line.replace(", ", ",_").split() for line in table.splitlines()[1:]]
        for table in tables
    )
    assert [name for name, *_ in ways] == [
        "gateway,_seen",
        "gateway",
        "httpx",
        "requests",
    ]
    sys.stdout.write(tables[0])  # pytest -rP shows it
    for name, *figures in ways:
        functions, files, file_changes, room_changes = map(int, figures)
        assert functions > files > 1
        most_functions, most_files = LONGEST[name]
        assert functions <= most_functions
        assert files <= most_files
        assert file_changes > room_changes
    *lines, together = [int(number) for _, number in rooms]
    assert sum(lines) == together


@pytest.mark.parametrize(
    ("room", "door"),
    [("core", "gateway, seen"), ("gateway", "gateway, seen"), ("doors", "requests")],
)
def test_a_call_passes_the_stations_in_documented_order(room, door, shown):
    """Each station of the first docstring is passed, after the one before it."""
    stations = STATION.findall(import_module(f"shim.{room}").__doc__ or "")
    assert len(stations) > 7
    ways = dict(re.findall(r"^(\w+.*):\n((?:  .+\n)+)", shown, re.MULTILINE))
    way = (re.sub(r"/|\.py | ", ".", line.strip()) for line in ways[door].splitlines())
    missed = (
        name
        for name in stations
        if not any(f"{step}.".startswith(f"{room}.{name}.") for step in way)
    )
    assert next(missed, None) is None
