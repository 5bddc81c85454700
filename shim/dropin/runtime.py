"""What this process gives to every call: settings as they are now, and one memory."""

from __future__ import annotations

import logging
import os

import attrs

from shim import inventory
from shim.core.memory import Memory
from shim.core.recognise import Engine, shared_engine
from shim.core.record import Record
from shim.core.settings import Settings, read_settings
from shim.dropin.notice import call_site, read_word
from shim.errors import DocumentError, SettingsError

logger = logging.getLogger("shim")

VARIABLES = ("ATLAS_SHIM_MAPPINGS", "ATLAS_SHIM_ROUTE", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_UPSTREAM")
"""What engine and settings depend on: while these stay as they are, so do both."""

MEMORY = Memory()
"""One for the process, so that what one client learned serves the next, whatever its library."""


@attrs.frozen
class Current:
    """Engine and settings, and the raw strings that they were read from.

    ``bases`` are the beginnings of the paths that the engine knows.
    """

    raw: tuple[str | None, ...]
    engine: Engine
    settings: Settings
    bases: tuple[str, ...]


_current: Current | None = None


def _raw() -> tuple[str | None, ...]:
    return tuple(map(os.environ.get, VARIABLES))


def _read(raw: tuple[str | None, ...]) -> Current:
    settings, engine = read_settings(os.environ), shared_engine(os.environ)
    engine.check_settings(settings)
    bases = {f"{api.base}/" for document in engine.documents for api in document.apis.values()}
    return Current(raw, engine, settings, tuple(bases))


def prepare() -> None:
    """Check settings and mapping documents, for a client that is being made.

    Raises SettingsError and DocumentError, so that a typo is found here and not in a call.
    """
    global _current  # noqa: PLW0603 - one atomic assignment; the settings belong to the process
    read_word(os.environ)
    _current = _read(_raw())


def concerns(url: str) -> bool:
    """Tell whether a URL, or its path, may be one of a retired call; cheap, since every call of a program is asked.

    Looks at the documents as they were last read.
    """
    for base in (_current or current()).bases:  # noqa: SIM110 - any() makes a generator, which costs twice as much
        if base in url:
            return True
    return False


def current() -> Current:
    """Return the settings of this moment; the last good ones when a variable no longer has a meaning."""
    global _current  # noqa: PLW0603 - as above
    held, raw = _current, _raw()
    if held is not None and held.raw == raw:
        return held
    try:
        fresh = _read(raw)
    except (SettingsError, DocumentError) as error:
        if held is None:
            raise
        logger.warning("settings stay as they were: %s", error)
        fresh = attrs.evolve(held, raw=raw)
    _current = fresh
    return fresh


def write_down(record: Record) -> None:
    """Append a retired call and its place in the program to the inventory, where ``ATLAS_SHIM_INVENTORY`` names one."""
    if inventory.wanted():
        inventory.note(record, current().engine, where=call_site())
