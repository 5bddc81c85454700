"""The inventory: a file with a line of JSON for each retired or announced call.

An announced call is one whose reply announces a sunset. Set
``ATLAS_SHIM_INVENTORY=calls.jsonl`` to write an inventory. ``writing`` appends the
lines, for the Python doors and the gateway. For ``atlas-shim inventory``, ``reading``
adds up the lines and ``verdict`` draws the conclusion.
"""
