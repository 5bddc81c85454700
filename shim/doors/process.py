"""The settings, the mapping documents and the memory of this process."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from shim.core.recognize import Engine, shared_engine
from shim.core.route import Memory
from shim.core.settings import ATLAS_ORIGINS, FLAG, RouteWord, Settings, read_settings
from shim.doors.environment import INVENTORY, VARIABLES, are_unknown, read_word
from shim.errors import DocumentError, SettingsError
from shim.origins import BASE_URL_VARIABLES, read_base_url

if TYPE_CHECKING:
    from shim.flags.values import FeatureFlag

logger = logging.getLogger("shim")

_NAMES = (*VARIABLES, *BASE_URL_VARIABLES)
_KEYS: tuple[object, ...] = (
    tuple(map(os.fsencode, _NAMES)) if os.name == "posix" else _NAMES
)

_ALL = "/api/"
"""The prefix of every path of Atlas, including the sign-in of service accounts."""

MEMORY = Memory()
"""Shared by all clients of the process; looked up here for each call."""


@attrs.frozen
class Current:
    """Engine and settings of this process until a variable changes."""

    raw: tuple[object, ...]
    """The values of the variables that they were read from."""
    engine: Engine
    settings: Settings
    bases: tuple[str, ...]
    """The prefixes of paths that may belong to retired calls."""
    word: str
    """The value of ``ATLAS_SHIM_WARNINGS``."""
    inventory: str
    """The file in which calls are recorded, or empty."""


_current: Current | None = None
_lock = threading.Lock()
_flags: dict[str, FeatureFlag[Settings]] = {}


def prepare(earlier: Mapping[str, str] | None = None) -> None:
    """Check the settings and mapping documents for a new client.

    ``earlier`` are settings read earlier; they apply until the next check if the
    process has none yet. Raises SettingsError and DocumentError, so that a typo is
    found here instead of in a call.
    """
    global _current  # noqa: PLW0603 - one atomic assignment; the settings belong to the process
    if earlier is None:
        _current = _read(_raw(), os.environ)
    elif _current is None:
        _current = _read((), earlier)


def concerns(url: str) -> Current | None:
    """Return the current settings if a URL, or its path, may belong to a retired call.

    Used for every call.

    If a variable has become invalid, the last valid settings apply.
    """
    global _current  # noqa: PLW0603 - as above
    now = _current
    raw = _raw()
    if now is None or now.raw != raw:
        try:
            now = _read(raw, os.environ)
        except (SettingsError, DocumentError) as error:
            if now is None:
                raise
            logger.warning("settings are not changed: %s", error)
            now = attrs.evolve(now, raw=raw)
        _current = now
    for base in now.bases:
        if base in url:
            return now
    return None


def flag_of(settings: Settings) -> FeatureFlag[Settings] | None:
    """Return the values of the route's feature flag, or None without one.

    The first call starts a thread that reads them.
    """
    if (key := settings.flag) and key not in _flags:
        with _lock:
            if key not in _flags:
                values = import_module("shim.flags.values")
                providers = import_module("shim.flags.providers")
                _flags[key] = values.FeatureFlag(
                    key,
                    lambda: providers.connected(
                        key, providers.provider_factory(os.environ)
                    ),
                    Settings.by_flag,
                )
    return _flags[key] if key else None


def _raw() -> tuple[object, ...]:
    """Return the current variables, with None for an unset one.

    Only good for comparing.

    ``os.environ`` raises two exceptions for each unset variable, so this reads its
    inner dictionary if it has one.
    """
    held: Any = getattr(os.environ, "_data", None)
    if held is None:
        return tuple(map(os.environ.get, _NAMES))
    return tuple(map(held.get, _KEYS))


def _read(raw: tuple[object, ...], environ: Mapping[str, str]) -> Current:
    if _current is None:
        _warn_of_unknown(environ)
    word = read_word(environ)
    settings = read_settings(environ)
    # With ATLAS_SHIM_UPSTREAM, too: in a run the program's base URL is the run's own
    # address.
    atlas = read_base_url(
        {name: environ[name] for name in BASE_URL_VARIABLES if name in environ}
    )
    is_off = settings.route is RouteWord.OFF  # for any defect of the documents
    if is_off:
        engine = Engine(())
    else:
        engine = shared_engine(environ)
    if not is_off:
        engine.check_settings(settings)
    if settings.flag:
        import_module("shim.flags.providers").check_flag(f"{FLAG}{settings.flag}")
    settings = attrs.evolve(settings, origins=settings.origins | {atlas})
    bases = engine.bases
    if any(map(settings.leads, ATLAS_ORIGINS)):
        bases = (_ALL,)
    return Current(raw, engine, settings, bases, word, environ.get(INVENTORY, ""))


def _warn_of_unknown(environ: Mapping[str, str]) -> None:
    """Log each variable that the shim does not know, such as a mistyped one.

    It is silent if ``atlas-shim run`` already did so.
    """
    if are_unknown(environ):
        # The gateway's variables may be set, too. It is above this room, loaded only
        # for this, and missing from frozen programs.
        with suppress(ImportError):
            for problem in import_module("shim.gateway.plan").unknown_variables(
                environ
            ):
                logger.warning("%s", problem)
