"""The words of a flag, one for each project, asked for in a thread of their own and kept.

The first call of a project waits for its word, as long as ``WAIT`` says; later ones use
the last word that was read.
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
"""Project, or ``""`` for calls without one -> the flag's value, None if it has none; raises anything."""

EVERY = 5.0
"""Seconds from the beginning of one look at all words to the next."""

WAIT = 3.0
"""Seconds for a provider to connect and answer; a first call waits at most that long."""

LOOK = 0.005
"""Seconds from one look of a call that waits to the next."""

MAX_PROJECTS = 1024
"""Projects whose words are kept."""

_SOON = 0.25  # seconds after which a provider that may be connecting is asked again
_MAX_ID_LENGTH = 64  # characters of a project's id that is asked about: Atlas's have 24
_IDLE = 120  # looks after which a project without a call is forgotten: ten minutes
# seconds between two questions, so that a thousand of them don't keep the calls' loop
# waiting
_PACE = 0.002


class FlagError(LookupError):
    """The definition of a flag is invalid, until it is changed."""


@attrs.define(eq=False)
class _Entry:
    """What is kept of one project."""

    word: RouteWord | None = None
    """The last good one."""
    asked: bool = False
    """Whether calls need not wait for the word."""
    idle: int = 0
    """The looks since its last call."""
    trusted: bool = False
    """Whether Atlas has answered a call with success, which no stranger's call gets."""
    since: float = attrs.field(factory=time.monotonic)
    """When its first call came."""
    fault: str = ""
    """Why the last question got no word, empty if it has been answered."""
    has_gone_on: bool = False
    """Whether its first call waits no more."""

    def is_held(self) -> bool:
        """Return whether its place is one that a call waits for."""
        return not self.has_gone_on and time.monotonic() <= self.since + WAIT


class FlagWords(Generic[T]):
    """The last good words of the flag ``key``, and the variant of the plan for each.

    ``connect`` is called in the thread that asks, and again while it fails. ``make``
    returns the variant for a word, which is None if the flag has no value yet. ``fault``
    is the fault of the provider, empty while it answers.
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
        self._nobody = _Entry()
        self._entries = {"": self._nobody}
        # whom to ask about: new projects come first
        self._turns = deque[str](maxlen=2 * MAX_PROJECTS)
        self._is_full = self._is_over = False
        self._of: T | None = None
        self._variants: dict[RouteWord | None, T] = {}
        _LIVING.add(self)
        self.begin()

    def begin(self) -> None:
        """Begin to ask, anew in a child process: a fork copies no threads, and may copy locks that they hold."""
        self._wake = threading.Event()
        self._asking_since = float("inf")
        threading.Thread(target=self._work, name="feature flag", daemon=True).start()

    def stop(self) -> None:
        """Ask no more; a provider that hangs is not waited for."""
        _LIVING.discard(self)
        self._is_over = True
        self._wake.set()

    def waits(self, match: Match) -> float:
        """Return after how many seconds a call is to look again for its project's word, 0 if it need not wait."""
        entry = self._entry(match)
        if self.hangs() or entry.asked or time.monotonic() > entry.since + WAIT:
            return 0.0
        return LOOK

    def variant(self, whole: T, match: Match) -> T:
        """Return the variant for the last good word of the project that a call names. Never waits."""
        entry = self._entry(match)
        entry.idle = 0
        entry.has_gone_on = True
        word = entry.word or self._nobody.word
        variants = self._variants
        if whole is not self._of:
            self._of, self._variants = whole, (variants := {})
        if word not in variants:
            variants[word] = self._make(whole, word)
        return variants[word]

    def trust(self, match: Match) -> None:
        """Note that Atlas has answered a call with success."""
        self._entry(match, trusted=True).has_gone_on = True

    def _entry(self, match: Match, *, trusted: bool = False) -> _Entry:
        """Return the stored word for a call's project, or that of calls without one if there is no room.

        Strangers may make projects up: the place of a trusted project is had by another
        trusted one alone.
        """
        project = match.parameters.get("groupId", "")
        entry = self._entries.get(project)
        if entry is None:
            if len(project) > _MAX_ID_LENGTH or not self._has_room(trusted=trusted):
                return self._nobody
            entry = self._entries.setdefault(project, _Entry())
            self._turns.appendleft(project)
            self._wake.set()
        entry.trusted |= trusted
        return entry

    def _has_room(self, *, trusted: bool) -> bool:
        """Forget the project that was idle for longest, if all places are taken; return whether there is one now.

        One whose first call waits keeps its place: it would take one again at its next
        look, and so on for ever.
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
                "%s: more than %s projects call: further ones go by the word without a project",
                self,
                MAX_PROJECTS,
            )
        return bool(free)

    def __str__(self) -> str:
        return f"the flag {self.key}"

    def report(self) -> dict[str, Any]:
        """Return the state for people and programs: each word with its projects, the word for others, the fault."""
        self.hangs()
        others = self._nobody.word or RouteWord.AUTO
        words = Counter(
            str(entry.word or others)
            for project, entry in tuple(self._entries.items())
            if project
        )
        return {
            "flag": self.key,
            "projects": dict(sorted(words.items())),
            "others": others,
            "fault": self.fault,
        }

    def hangs(self) -> bool:
        """Return whether the provider hangs, and log it once: the thread that asks it can't."""
        if found := time.monotonic() > self._asking_since + WAIT:
            self._note(f"no answer for {WAIT:g} s")
        return found

    def _note(self, fault: str) -> None:
        """Log it if the provider begins to fail, in another way, or to answer again."""
        if fault and fault != self.fault:
            log.warning(
                "%s: its provider fails, the last good words stay: %s", self, fault
            )
        elif self.fault and not fault:
            log.info("%s: its provider answers again", self)
        self.fault = fault

    def _work(self) -> None:
        wake = self._wake
        due = 0.0
        words = self._words()
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
            if (now := self._words()) != words:
                words = now
                log.info("%s is %s", self, words)
            wake.wait(max(0.0, due - time.monotonic()))
            wake.clear()

    def _words(self) -> str:
        """Return the words in force; projects with the same word as calls without a project are left out."""
        report = self.report()
        words = [
            f"{word} for {count}"
            for word, count in report["projects"].items()
            if word != report["others"]
        ]
        return ", ".join(
            [
                *words,
                f"{report['others']} for the others" if words else report["others"],
            ]
        )

    def _ask(self, project: str) -> None:
        """Ask about one project; nothing is noted of one that was dropped meanwhile."""
        if (entry := self._entries.get(project)) is None:
            return
        self._asking_since = time.monotonic()
        may_connect = False
        try:
            self._evaluate = self._evaluate or self._connect()
            entry.word = _word_of(self._evaluate(project)) or entry.word
        except Exception as error:  # noqa: BLE001 - a provider is foreign code
            if type(error) in {LookupError, FlagError}:
                said = str(error)
            else:
                said = f"{type(error).__name__}: {error}"
            entry.fault = said[:200]
            if not self.fault:
                self._note(entry.fault)
            may_connect = (
                time.monotonic() < self._nobody.since + WAIT
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


def _word_of(value: object) -> RouteWord | None:
    """Return a flag's value as a word, None if it has none; raises FlagError with the words that there are."""
    try:
        if value is None:
            return None
        return RouteWord(str(value))
    except ValueError:
        raise FlagError(
            f"{repr(value)[:50]} is not one of {', '.join(RouteWord)}"
        ) from None


_LIVING: weakref.WeakSet[FlagWords[Any]] = weakref.WeakSet()


def _after_fork() -> None:
    for one in tuple(_LIVING):
        one.begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
