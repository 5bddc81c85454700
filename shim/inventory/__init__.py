"""Who still makes retired calls: a file of one JSON line a call, written by every door and read by the command.

``writing`` appends, ``reading`` sums up. Set ``ATLAS_SHIM_INVENTORY=file.jsonl`` to write one.
"""

from shim.inventory.writing import VARIABLE, CallSite, note, wanted

__all__ = ["VARIABLE", "CallSite", "note", "wanted"]
