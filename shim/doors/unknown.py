"""Telling a program of a variable that looks like one of the shim's and is none, such as a mistyped kill switch."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module

from shim.doors.environment import CHECKED, VARIABLES, WARNINGS
from shim.tools.inventory import VARIABLE

logger = logging.getLogger("shim")

_KNOWN = frozenset({*VARIABLES, WARNINGS, VARIABLE, "ATLAS_SHIM_OPENFEATURE_PROVIDER"})
"""Those that the drop-in reads."""


def tell_unknown(environ: Mapping[str, str]) -> None:
    """Log a warning for each such variable; what ``atlas-shim run`` has looked at is not told again."""
    if CHECKED not in environ and any(name.startswith("ATLAS_SHIM_") and name not in _KNOWN for name in environ):
        # The gateway's may be set here, too. It is above this room, and loaded only for this.
        for problem in import_module("shim.gateway.settings_report").unknown_variables(environ):
            logger.warning("%s", problem)
