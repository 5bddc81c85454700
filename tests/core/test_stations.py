"""The way of a call that the core's front page tells is the one that a call takes."""

import re
import sys
from pathlib import Path

import shim.core
from tests.core.driver import LIST, SNAPSHOT, answers, drive

STATIONS = re.findall(r"^ {4}``([a-zA-Z_.]+)``", shim.core.__doc__, re.MULTILINE)


def test_a_list_passes_the_stations_in_the_order_of_the_front_page(engine):
    """Each station is a function of the core, and a list with a new body enters them one after another."""
    entered = []

    def note(frame, event, _):
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.parent.name == "core":
            entered.append(f"{file.stem}.{frame.f_code.co_qualname}")

    sys.setprofile(note)
    try:
        drive(engine, f"/api/atlas/v2{LIST}", [answers({"results": [SNAPSHOT], "totalCount": 1})])
    finally:
        sys.setprofile(None)
    assert [name for name in dict.fromkeys(entered) if name in STATIONS] == STATIONS
    assert len(STATIONS) == 10
