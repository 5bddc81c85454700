"""Store the value of a flag for each project, and refresh it in a thread.

The first call of a project waits for its value, at most ``WAIT`` seconds. Later calls
use the last value that was read.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import attrs

from shim.core.recognize import Match
from shim.core.settings import RouteWord

log = logging.getLogger("shim.flags")

T = TypeVar("T")

Evaluate = Callable[[str], object]
"""Returns the flag's value for a project, None if it has none.

The project is ``""`` for calls without one. Raises any exception.
"""

EVERY = 5.0
"""Seconds between two rounds of questions, from the beginning of each."""

WAIT = 3.0
"""Seconds for a provider to connect and answer; a first call waits at most that long."""

CHECK_INTERVAL = 0.005
"""Seconds after which a waiting call checks again."""

MAX_PROJECTS = 1024
"""The most projects whose values are stored."""

# seconds after which a provider that may still be connecting is asked again
_SOON = 0.25
# the longest project id that is asked about; Atlas's have 24 characters
_MAX_ID_LENGTH = 64
_IDLE = 120  # rounds after which a project without a call is forgotten: ten minutes
# seconds between two questions, so that a thousand of them don't block the event loop
# that serves calls
_PACE = 0.002


class FlagError(LookupError):
    """The definition of a flag is invalid and must be corrected."""


@attrs.define(eq=False)
class _Entry:
    """The value of one project, and its state."""

    value: RouteWord | None = None
    """The last good value."""
    asked: bool = False
    """Whether calls no longer need to wait for the value."""
    idle: int = 0
    """The rounds since the last call of the project."""
    trusted: bool = False
    """Whether Atlas has accepted a call for the project, so that it is not made up."""
    since: float = attrs.field(factory=time.monotonic)
    """The time of its first call."""
    fault: str = ""
    """Why the last question failed, empty if it succeeded."""
    has_gone_on: bool = False
    """Whether its first call no longer waits."""

    def is_held(self) -> bool:
        """Return whether a call is waiting for the value."""
        return not self.has_gone_on and time.monotonic() <= self.since + WAIT


class FeatureFlag(Generic[T]):
    """The last good values of the flag ``key``, and the variant of the plan for each.

    ``connect`` is called in the thread that asks, and again while it fails. ``make``
    returns the variant for a value, which is None if the flag has none yet. ``fault``
    is the error of the provider, empty while it answers.
    """

    def __init__(
        self,
        key: str,
        connect: Callable[[], Evaluate],
        make: Callable[[T, RouteWord | None], T],
        *,
        every: float = EVERY,
    ) -> None:
        self.key = key
        self.fault = ""
        self._connect = connect
        self._make = make
        self._every = every
        self._evaluate: Evaluate | None = None
        self._no_project = _Entry()
        self._entries = {"": self._no_project}
        # projects to ask about; new ones come first
        self._turns = deque[str](maxlen=2 * MAX_PROJECTS)
        self._is_full = self._is_over = False
        self._of: T | None = None
        self._variants: dict[RouteWord | None, T] = {}
        _LIVING.add(self)
        self.begin()

    def begin(self) -> None:
        """Start the thread that asks.

        Called again in a child process: a fork copies no threads, and may copy locks
        that they hold.
        """
        self._wake = threading.Event()
        self._asking_since = float("inf")
        threading.Thread(target=self._work, name="feature flag", daemon=True).start()

    def stop(self) -> None:
        """Stop asking, without waiting for a provider that hangs."""
        _LIVING.discard(self)
        self._is_over = True
        self._wake.set()

    def waits(self, match: Match) -> float:
        """Return the seconds after which a call must check again, 0 if it need not wait."""
        entry = self._entry(match)
        if self.hangs() or entry.asked or time.monotonic() > entry.since + WAIT:
            return 0.0
        return CHECK_INTERVAL

    def variant(self, whole: T, match: Match) -> T:
        """Return the variant for the last good value of a call's project. Never waits."""
        entry = self._entry(match)
        entry.idle = 0
        entry.has_gone_on = True
        value = entry.value or self._no_project.value
        variants = self._variants
        if whole is not self._of:
            self._of, self._variants = whole, (variants := {})
        if value not in variants:
            variants[value] = self._make(whole, value)
        return variants[value]

    def trust(self, match: Match) -> None:
        """Record that Atlas has accepted a call."""
        self._entry(match, trusted=True).has_gone_on = True

    def _entry(self, match: Match, *, trusted: bool = False) -> _Entry:
        """Return the entry of a call's project.

        If there is no room, returns the entry of calls without a project. Strangers may
        make projects up, so only a trusted project can replace a trusted one.
        """
        project = match.parameters.get("groupId", "")
        entry = self._entries.get(project)
        if entry is None:
            if len(project) > _MAX_ID_LENGTH or not self._has_room(trusted=trusted):
                return self._no_project
            entry = self._entries.setdefault(project, _Entry())
            self._turns.appendleft(project)
            self._wake.set()
        entry.trusted |= trusted
        return entry

    def _has_room(self, *, trusted: bool) -> bool:
        """Return whether there is room for one more project.

        If there is none, forgets the project that was idle for longest. A project whose
        first call is waiting is never forgotten: the call would claim a place again at
        its next check, and so on without end.
        """
        if len(self._entries) <= MAX_PROJECTS:
            return True
        others = [
            row
            for row in tuple(self._entries.items())
            if row[0] and not row[1].is_held()
        ]
        free = [row for row in others if trusted or not row[1].trusted]
        if free:
            self._entries.pop(max(free, key=lambda row: row[1].idle)[0], None)
        elif not self._is_full:
            self._is_full = True
            log.warning(
                "%s: more than %s projects; calls of further ones use the value without a project",
                self,
                MAX_PROJECTS,
            )
        return bool(free)

    def __str__(self) -> str:
        return f"the flag {self.key}"

    def report(self) -> dict[str, Any]:
        """Return the state of the flag, for the status page and programs.

        It counts the projects of each value, and has the value of all other projects
        and the provider's error.
        """
        self.hangs()
        others = self._no_project.value or RouteWord.AUTO
        values = Counter(
            str(entry.value or others)
            for project, entry in tuple(self._entries.items())
            if project
        )
        return {
            "flag": self.key,
            "projects": dict(sorted(values.items())),
            "others": others,
            "fault": self.fault,
        }

    def hangs(self) -> bool:
        """Return whether the provider hangs.

        Logs it once, because the thread that asks can't.
        """
        if found := time.monotonic() > self._asking_since + WAIT:
            self._note(f"no answer for {WAIT:g} s")
        return found

    def _note(self, fault: str) -> None:
        """Log that the provider begins to fail, fails differently, or answers again."""
        if fault and fault != self.fault:
            log.warning(
                "%s: its provider fails; the last valid values stay in use: %s",
                self,
                fault,
            )
        elif self.fault and not fault:
            log.info("%s: its provider works again", self)
        self.fault = fault

    def _work(self) -> None:
        wake = self._wake
        due = 0.0
        known = self._summary()
        while not self._is_over:
            if time.monotonic() >= due:
                due = time.monotonic() + self._every
                self._turns.extend(tuple(self._entries))
            while self._turns and not self._is_over:
                self._ask(self._turns.popleft())
                time.sleep(_PACE)
            self._note(
                next(
                    filter(None, [one.fault for one in tuple(self._entries.values())]),
                    "",
                )
            )
            if (now := self._summary()) != known:
                known = now
                log.info("%s is %s", self, known)
            wake.wait(max(0.0, due - time.monotonic()))
            wake.clear()

    def _summary(self) -> str:
        """Return the values in force as a text.

        Projects with the same value as calls without a project are not listed.
        """
        report = self.report()
        values = [
            f"{value} for {count}"
            for value, count in report["projects"].items()
            if value != report["others"]
        ]
        return ", ".join(
            [
                *values,
                f"{report['others']} for the others" if values else report["others"],
            ]
        )

    def _ask(self, project: str) -> None:
        """Ask about one project. Records nothing if the project was forgotten meanwhile."""
        if (entry := self._entries.get(project)) is None:
            return
        self._asking_since = time.monotonic()
        may_connect = False
        try:
            self._evaluate = self._evaluate or self._connect()
            entry.value = _route_of(self._evaluate(project)) or entry.value
        except Exception as error:  # noqa: BLE001 - a provider is foreign code
            if type(error) in {LookupError, FlagError}:
                said = str(error)
            else:
                said = f"{type(error).__name__}: {error}"
            entry.fault = said[:200]
            if not self.fault:
                self._note(entry.fault)
            may_connect = (
                time.monotonic() < self._no_project.since + WAIT
                and not isinstance(error, FlagError)
            )
        else:
            entry.fault = ""
            entry.idle += 1
            if project and entry.idle > _IDLE:
                self._entries.pop(project, None)
        self._asking_since = float("inf")
        entry.asked |= not may_connect
        if may_connect:
            self._turns.append(project)
            time.sleep(_SOON)


def _route_of(value: object) -> RouteWord | None:
    """Return a flag's value as a route, None if it has none.

    Raises FlagError with the valid values.
    """
    try:
        if value is None:
            return None
        return RouteWord(str(value))
    except ValueError:
        raise FlagError(
            f"{repr(value)[:50]} is not one of {', '.join(RouteWord)}"
        ) from None


_LIVING: weakref.WeakSet[FeatureFlag[Any]] = weakref.WeakSet()


def _after_fork() -> None:
    for one in tuple(_LIVING):
        one.begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
