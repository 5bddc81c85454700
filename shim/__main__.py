"""Run the command ``atlas-shim`` as ``python -m shim``."""

from __future__ import annotations

from shim.cli import main

if __name__ == "__main__":
    main(prog_name="atlas-shim")
