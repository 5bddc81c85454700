"""The settings, the mapping documents and the one memory of this process."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from importlib import import_module

import attrs

from shim.core.memory import Memory
from shim.core.recognise import Engine, shared_engine
from shim.core.settings import FlagRoute, Settings, read_settings
from shim.doors.environment import VARIABLES as VARIABLES  # noqa: PLC0414 - tests and tools look for it here
from shim.doors.environment import Raw, Variables
from shim.doors.unknown import tell_unknown
from shim.doors.warnings_word import read_word
from shim.errors import DocumentError, SettingsError

logger = logging.getLogger("shim")

_variables = Variables(VARIABLES)

MEMORY = Memory()
"""One for the process, so that what one client learned serves the next, whatever its library.

It is looked up here for each call: whoever puts another one in its place does so for every drop-in.
"""


@attrs.frozen
class Current:
    """Engine and settings, and the raw values of ``VARIABLES`` that they were read from.

    ``bases`` are the beginnings of the paths that the engine knows.
    """

    raw: Raw
    engine: Engine
    settings: Settings
    bases: tuple[str, ...]


_current: Current | None = None


def prepare() -> None:
    """Check settings and mapping documents, for a client that is being made.

    Raises SettingsError and DocumentError, so that a typo is found here and not in a call.
    """
    global _current  # noqa: PLW0603 - one atomic assignment; the settings belong to the process
    read_word(os.environ)
    _current = _read(_variables.raw(), os.environ)


def begin_with(environ: Mapping[str, str]) -> None:
    """Hold the settings of an earlier moment, which were good then, until ``current`` looks at those of now.

    Nothing happens when some are held already. Raises SettingsError and DocumentError.
    """
    global _current  # noqa: PLW0603 - as above
    if _current is None:
        _current = _read((), environ)


def current() -> Current:
    """Return the settings of this moment; the last good ones when a variable no longer has a meaning."""
    global _current  # noqa: PLW0603 - as above
    held, raw = _current, _variables.raw()
    if held is not None and held.raw == raw:
        return held
    try:
        fresh = _read(raw, os.environ)
    except (SettingsError, DocumentError) as error:
        if held is None:
            raise
        logger.warning("settings stay as they were: %s", error)
        fresh = attrs.evolve(held, raw=raw)
    _current = fresh
    return fresh


def latest() -> Current:
    """Return the settings as the last look found them: ``concerns`` has just looked."""
    return _current or current()


def concerns(url: str) -> bool:
    """Tell whether a URL, or its path, may be one of a retired call; cheap, since every call of a program is asked."""
    now = current()  # other documents know other paths
    for base in now.bases:  # noqa: SIM110 - any() makes a generator, which costs twice as much
        if base in url:
            return True
    return False


def _read(raw: Raw, environ: Mapping[str, str]) -> Current:
    if _current is None:
        tell_unknown(environ)
    settings, engine = read_settings(environ), shared_engine(environ)
    engine.check_settings(settings)
    if settings.flag:
        import_module("shim.flags.providers").check_flag(FlagRoute(settings.flag))
    settings = attrs.evolve(settings, origins=frozenset(map(_in_ascii, settings.origins)))
    bases = {f"{api.base}/" for document in engine.documents for api in document.apis.values()}
    return Current(raw, engine, settings, tuple(bases))


def _in_ascii(origin: str) -> str:
    """Return an origin as HTTP libraries write it: its host in ASCII (RFC 3490), where it has such a form."""
    scheme, _, authority = origin.partition("://")
    try:
        return origin if origin.isascii() else f"{scheme}://{authority.encode('idna').decode('ascii')}"
    except UnicodeError:
        return origin
