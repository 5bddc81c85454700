# ruff: noqa: INP001 - a folder for PYTHONPATH, and no package
"""Switches the drop-in on in a Python that ``atlas-shim run`` started, and makes way for another sitecustomize.

Python imports this by its name, since the folder is first in PYTHONPATH; so do the Pythons that the
program starts. Whatever goes wrong here must not keep a program from running.
"""

import os
import sys


def _make_way() -> None:
    """Take this folder out of ``sys.path``; PYTHONPATH keeps it, for children."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - every Python pays for what is imported here
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]  # noqa: PTH100 - as above


def _switch_on() -> None:
    try:
        from shim.doors.switch import install  # noqa: PLC0415 - may be missing: a child can be another Python

        install()
    except Exception as error:  # noqa: BLE001 - see above
        sys.stderr.write(f"atlas-shim: not switched on in {sys.executable}: {error}\n")


def _chain() -> None:
    """Import the sitecustomize that this one stands before, as if it were the only one."""
    own = sys.modules.pop(__name__)
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - another one, if there is one
    except ModuleNotFoundError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, own)


_make_way()
_switch_on()
_chain()
