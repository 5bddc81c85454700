"""Switch the drop-in on for the whole process: ``import shim.auto``.

It calls ``shim.install()``.
"""

from __future__ import annotations

from shim.doors.switch import install

install()
