"""The route by a feature flag, in a program that has set an OpenFeature provider or whose environment names one."""

from __future__ import annotations

import os
import threading
from functools import partial

from shim.core.recognise import Match
from shim.core.settings import Settings
from shim.flags.providers import VARIABLE, connected, provider_factory
from shim.flags.variants import ByFlag
from shim.flags.words import Evaluate, FlagWords

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
            flag: ByFlag[Settings] = ByFlag(FlagWords(key, partial(_connect, key)))
            flag.words.start()
            _flags[key] = flag
        return _flags[key]


def _connect(key: str) -> Evaluate:
    named = os.environ.get(VARIABLE)
    return connected(key, provider_factory(named, VARIABLE) if named else None)
