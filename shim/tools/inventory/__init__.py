"""Who still makes retired calls, and calls whose replies announce their end: a file with a line of JSON for each call.

Set ``ATLAS_SHIM_INVENTORY=calls.jsonl`` to have one. ``writing`` appends the lines, for the Python doors and
the gateway; ``reading`` sums them up and ``verdict`` says what they prove, for ``atlas-shim inventory``.
"""

from shim.tools.inventory.writing import (
    COMMANDS,
    VARIABLE,
    CallSite,
    explain_command,
    note,
    note_announced,
    started,
    wanted,
)

__all__ = ["COMMANDS", "VARIABLE", "CallSite", "explain_command", "note", "note_announced", "started", "wanted"]
