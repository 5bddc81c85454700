"""Writing a retired call down with its place in the program, if there is an inventory."""

from __future__ import annotations

from shim import inventory
from shim.core.record import Record
from shim.doors.notice import call_site


def write_down(record: Record) -> None:
    """Append a call to the inventory that ``ATLAS_SHIM_INVENTORY`` names; no more than a look without one."""
    if inventory.wanted():
        inventory.note(record, where=call_site())
