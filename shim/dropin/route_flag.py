"""The route by a feature flag, in a program that has set an OpenFeature provider."""

from __future__ import annotations

import threading

from shim.core.recognise import Match
from shim.core.settings import Settings
from shim.flags.variants import ByFlag

_lock = threading.Lock()
_flags: dict[str, ByFlag[Settings]] = {}


def by_flag(settings: Settings, match: Match) -> Settings:
    """Return settings with the word of their flag for the project that a call names.

    The first call of a flag begins a thread that asks for it; until there is a word the route is ``auto``.
    """
    flag = _flags.get(settings.flag) or _begun(settings.flag)
    flag.words.look()
    return flag.variant(settings, match)


def _begun(key: str) -> ByFlag[Settings]:
    with _lock:
        if key not in _flags:
            flag: ByFlag[Settings] = ByFlag.named(key)
            flag.words.start()
            _flags[key] = flag
        return _flags[key]
