# ruff: noqa: INP001 - a folder for PYTHONPATH, and no package
"""Switches the drop-in on in a Python that ``atlas-shim run`` started, and makes way for another sitecustomize.

Python imports this by its name, since the folder is first in PYTHONPATH; so do the Pythons that the
program starts. Whatever goes wrong here must not keep a program from running.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - every Python pays for what is imported here
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]  # noqa: PTH100 - PYTHONPATH keeps it, for children
try:
    from shim.doors.switch import install  # may be missing: a child can be another Python

    install()
except Exception as error:  # noqa: BLE001 - see above
    sys.stderr.write(f"atlas-shim: not switched on in {sys.executable}: {error}\n")

# Another sitecustomize is imported as if it were the only one.
_own = sys.modules.pop(__name__)
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != __name__:
        raise
finally:
    sys.modules.setdefault(__name__, _own)
