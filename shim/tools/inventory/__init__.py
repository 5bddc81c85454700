"""The inventory: a file with a line of JSON for each retired call, and each call whose reply announces a sunset.

Set ``ATLAS_SHIM_INVENTORY=calls.jsonl`` to write one. ``writing`` appends the lines,
for the Python doors and the gateway; ``reading`` sums them up and ``verdict`` draws the
conclusion, for ``atlas-shim inventory``.
"""
