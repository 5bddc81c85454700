"""The front page of the doors names the stations of a call, and a call passes them in that order."""

import re
import sys

import shim.doors
from shim import requests
from tests.doors.calls import SNAPSHOTS, flex

STATIONS = re.findall(r"^ {4}``([a-zA-Z_.]+)``", shim.doors.__doc__ or "", re.MULTILINE)


def test_a_call_passes_the_stations_in_the_order_of_the_front_page(raw, monkeypatch, tmp_path):
    """Each station is a function of the doors."""
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(tmp_path / "inventory"))
    server, entered = raw(flex), []

    def note(frame, event, _):
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("shim.doors."):
            entered.append(f"{module.removeprefix('shim.doors.')}.{frame.f_code.co_qualname}")

    with requests.Session() as session:
        sys.setprofile(note)
        try:
            session.get(server.url + SNAPSHOTS)
        finally:
            sys.setprofile(None)
    assert [name for name in dict.fromkeys(entered) if name in STATIONS] == STATIONS
    assert len(STATIONS) == 8
