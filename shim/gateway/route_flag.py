"""The route by a feature flag, in a gateway: from its start to its end, and from one flag to another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from shim.flags.providers import connected, provider_factory
from shim.flags.words import ByFlag, FlagWords
from shim.gateway.options import Options
from shim.gateway.plan import Plan

FIRST = 3.0
"""Seconds that the start waits for a first word, so that no call goes by ``auto`` where the flag says ``off``."""


class RouteFlag:
    """Which plan answers a project's calls; ``by`` is None where the options name no flag.

    Raises SettingsError when the options' provider can't be imported.
    """

    def __init__(self, options: Options) -> None:
        named = options.openfeature_provider
        self._factory = provider_factory(named, "openfeature_provider") if named else None
        self._runs = False
        self.by: ByFlag[Plan] | None = None

    def follow(self, plan: Plan) -> None:
        """Ask for the flag of this plan, if it names one, and no longer for another."""
        before, key = self.by, plan.settings.flag
        if key == (before.words.key if before else ""):
            return
        self.by = ByFlag(FlagWords(key, partial(connected, key, self._factory))) if key else None
        if self.by is not None and self._runs:
            self.by.words.start()
        if before is not None:
            before.words.stop()

    async def start(self) -> None:
        """Begin to ask, and return with the first word, or without one after a while."""
        self._runs = True
        if self.by is not None:
            self.by.words.start()
            await asyncio.to_thread(self.by.words.first.wait, FIRST)

    def stop(self) -> None:
        """Ask no more."""
        self._runs = False
        if self.by is not None:
            self.by.words.stop()

    def look(self) -> None:
        """Log a provider that hangs."""
        if self.by is not None:
            self.by.words.look()

    def report(self) -> Mapping[str, object]:
        """Return what the flag says for how many projects, and what is wrong with its provider."""
        return {} if self.by is None else self.by.words.report()
