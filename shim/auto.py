"""``import shim.auto`` switches the drop-in on for the whole process: ``shim.install()`` in one line."""

from __future__ import annotations

from shim.doors.switch import install

install()
