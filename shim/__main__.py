"""``python -m shim`` is the command ``atlas-shim``."""

from __future__ import annotations

from shim.cli import main

if __name__ == "__main__":
    main(prog_name="atlas-shim")
