"""The count of one call's way goes through all three doors."""

import subprocess
import sys
from pathlib import Path


def test_the_way_of_one_call_is_counted():
    """Each door has its figures, and the lines of all rooms are added up."""
    command = [sys.executable, "-m", "benchmarks.way"]
    shown = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True, text=True).stdout
    ways, rooms = (
        [line.replace(", ", ",_").split() for line in table.splitlines()[1:]] for table in shown.split("\n\n")
    )
    assert [name for name, *_ in ways] == ["gateway,_seen", "gateway", "httpx", "requests"]
    for _, *figures in ways:
        functions, files, file_changes, room_changes = map(int, figures)
        assert functions > files > 1
        assert file_changes > room_changes
    *lines, together = [int(number) for _, number in rooms]
    assert sum(lines) == together
