"""The words of a flag, one for each project, asked for in a thread of their own and kept.

The first call of a project waits for its word, as long as ``WAIT`` says; later ones use the last word that was read.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from shim.core.recognise import Match
from shim.core.settings import RouteWord

log = logging.getLogger("shim.flags")

Evaluate = Callable[[str], object]
"""Project, or ``""`` for calls without one -> the flag's value, None if it has none; raises anything."""

EVERY = 5.0
"""Seconds from one look at all words to the next."""

WAIT = 3.0
"""Seconds that the first call of a project may wait for its word."""

LOOK = 0.005
"""Seconds from one look of a call that waits to the next."""

_SOON = 0.25  # as EVERY, until there is a first good word: a provider may take a moment to connect

PATIENCE = 5.0
"""Seconds after which a provider is said to hang."""

MOST = 1024
"""Projects whose words are kept."""

_LONGEST = 64  # characters of a project's id that is asked about: Atlas' have 24
_IDLE = 120  # looks after which a project without a call is forgotten: ten minutes
_PACE = 0.002  # seconds between two questions, so that a thousand of them don't keep the calls' loop waiting
_IN_A_ROW = 3  # failures in a row that end a look: each of a thousand could take a provider's whole timeout


class FlagFileError(LookupError):
    """A file of flags has no answer, and will not have one until it is changed."""


@attrs.define(eq=False)
class _Entry:
    """The word of one project, ``since`` its first call; a ``trusted`` project has had a success of Atlas'."""

    word: RouteWord | None = None
    asked: bool = False
    idle: int = 0
    refused: str = ""
    trusted: bool = False
    since: float = attrs.field(factory=time.monotonic)


class FlagWords:
    """The last good words of the flag ``key``.

    ``connect`` is called in the thread that asks, and again while it fails. ``fault`` is what is wrong with the
    provider, empty while it answers.
    """

    def __init__(self, key: str, connect: Callable[[], Evaluate], *, every: float = EVERY) -> None:
        self.key = key
        self.fault = ""
        self._connect = connect
        self._every = every
        self._evaluate: Evaluate | None = None
        self._nobody = _Entry()
        self._entries = {"": self._nobody}
        self._new = deque[str]()
        self._has_word = False
        self._full = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._ending, self._wake, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._since: float | None = None
        self._began = time.monotonic()

    def start(self) -> None:
        """Begin to ask."""
        _LIVING.add(self)
        threading.Thread(target=self._work, name="feature flag", daemon=True).start()

    def stop(self) -> None:
        """Ask no more; a provider that hangs is not waited for."""
        _LIVING.discard(self)
        self._ending.set()
        self._wake.set()

    def word(self, project: str) -> RouteWord | None:
        """Return the last good word for a project; None before there is any. Never waits."""
        entry = self._entry(project)
        entry.idle = 0
        return entry.word or self._nobody.word

    def waits(self, project: str) -> bool:
        """Return whether a call of a project is to wait for its word, which was not asked for yet."""
        entry, now = self._entry(project), time.monotonic()
        return not entry.asked and now < entry.since + WAIT and (not self.fault or now < self._began + WAIT)

    def trust(self, project: str) -> None:
        """Note that Atlas has answered a call of a project with success, which no stranger's call gets."""
        self._entry(project, trusted=True)

    def _entry(self, project: str, *, trusted: bool = False) -> _Entry:
        """Return what is kept for a project, that of calls without one if there is no room.

        Strangers may make projects up: the place of a trusted project is had by another trusted one alone.
        """
        entry = self._entries.get(project)
        if entry is None and len(project) <= _LONGEST:
            with self._lock:
                if self._has_room(trusted=trusted):
                    entry = self._entries.setdefault(project, _Entry())
                    self._new.append(project)
                    self._wake.set()
        if entry is None:
            return self._nobody
        entry.trusted |= trusted
        return entry

    def _has_room(self, *, trusted: bool) -> bool:
        """Forget the project that was idle for longest, if all places are taken; return whether there is one now."""
        if len(self._entries) <= MOST:
            return True
        free = [name for name, kept in self._entries.items() if name and (trusted or not kept.trusted)]
        if free:
            del self._entries[max(free, key=lambda name: self._entries[name].idle)]
        elif not self._full:
            self._full = True
            log.warning("%s: more than %s projects call: further ones go by the word without a project", self, MOST)
        return bool(free)

    def __str__(self) -> str:
        return f"the flag {self.key}"

    def counts(self) -> dict[str, int]:
        """Return how many projects each word is in force for."""
        known = [entry for project, entry in tuple(self._entries.items()) if project]
        return dict(sorted(Counter(str(one.word or self._nobody.word or RouteWord.AUTO) for one in known).items()))

    def report(self) -> dict[str, object]:
        """Return the state for people and programs: each word with its projects, the word for others, the fault."""
        self.look()
        others = self._nobody.word or RouteWord.AUTO
        return {"flag": self.key, "projects": self.counts(), "others": others, "fault": self.fault}

    def look(self) -> None:
        """Notice, and log once, that the provider hangs: the thread that asks it can't."""
        since = self._since
        if since is not None and time.monotonic() - since > PATIENCE:
            self._failed(f"no answer for {PATIENCE:g} s")

    def _work(self) -> None:
        ending, wake, due = self._ending, self._wake, 0.0
        while not ending.is_set():
            is_whole = time.monotonic() >= due
            before = self._said()
            self._ask([project for project, one in tuple(self._entries.items()) if is_whole or not one.asked])
            if is_whole:
                due = time.monotonic() + (self._every if self._has_word else min(_SOON, self._every))
            if (said := self._said()) != before:
                log.info("%s says %s", self, said)
            if not ending.is_set() and not self._new:
                wake.wait(max(0.0, due - time.monotonic()))
            wake.clear()

    def _said(self) -> str:
        """Return the words in force; projects with the same word as calls without a project are left out."""
        nobody = self._nobody.word or RouteWord.AUTO
        words = [f"{word} for {count}" for word, count in self.counts().items() if word != nobody]
        return ", ".join([*words, f"{nobody} for the others" if words else str(nobody)])

    def _ask(self, projects: list[str]) -> None:
        """Ask about projects in turn; those whose first call waits come first."""
        failures, later = 0, deque(projects)
        while (self._new or later) and failures < _IN_A_ROW and not self._ending.is_set():
            project = self._new.popleft() if self._new else later.popleft()
            failures = 0 if self._asked(project) else failures + 1
            if later and not self._new and self._wake.wait(_PACE):
                self._wake.clear()

    def _asked(self, project: str) -> bool:
        """Ask about one project, and return whether the next one can be asked without a wait."""
        entry = self._entries.get(project, self._nobody)
        self._since = time.monotonic()
        try:
            if self._evaluate is None:
                self._evaluate = self._connect()
            value = self._evaluate(project)
        except Exception as error:  # noqa: BLE001 - a provider is somebody else's program
            is_final = isinstance(error, FlagFileError)
            said = str(error) if is_final or type(error) is LookupError else f"{type(error).__name__}: {error}"
            self._failed(said[:200])
            entry.asked |= is_final
            if project and self._entries.pop(project, None) is not None:  # asked last the next time, after others
                self._entries[project] = entry
            return is_final
        finally:
            self._since = None
        if self.fault:
            log.info("%s: its provider answers again", self)
            self.fault = ""
        if value is not None:
            self._take(str(value), entry)
        entry.asked = True
        entry.idle += 1
        if project and entry.idle > _IDLE:
            self._entries.pop(project, None)
        return True

    def _failed(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("%s: its provider fails, the last good words stay: %s", self, fault)
        self.fault = fault

    def _take(self, value: str, entry: _Entry) -> None:
        try:
            entry.word = RouteWord(value)
        except ValueError:
            if (said := repr(value)[:50]) != entry.refused:
                entry.refused, words = said, ", ".join(RouteWord)
                log.warning("%s says %s, which is not one of %s; the last word stays", self, said, words)
        else:
            self._has_word = True


_LIVING: weakref.WeakSet[FlagWords] = weakref.WeakSet()


def _after_fork() -> None:
    """Ask on in a child process: a fork copies no threads, and may copy locks that they hold."""
    for one in tuple(_LIVING):
        one._begin_anew()  # noqa: SLF001 - of this file
        one.start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


T = TypeVar("T")


@attrs.define(eq=False)
class ByFlag(Generic[T]):
    """The words of a flag, and the variants of what is in use, each made when its word first comes.

    ``make`` returns the variant for a word, which is None if the flag has no word yet.
    """

    words: FlagWords
    make: Callable[[T, RouteWord | None], T]
    _of: T | None = None
    _made: dict[RouteWord | None, T] = attrs.field(factory=dict)

    def waits(self, match: Match) -> float:
        """Return after how many seconds a call is to look again for its project's word, 0 if it need not wait."""
        self.words.look()
        return LOOK if self.words.waits(_project_of(match)) else 0.0

    def variant(self, whole: T, match: Match) -> T:
        """Return the variant for the project that a call names."""
        word = self.words.word(_project_of(match))
        made = self._made
        if whole is not self._of:
            self._of, self._made = whole, (made := {})
        found = made.get(word)
        if found is None:
            found = made[word] = self.make(whole, word)
        return found

    def trust(self, match: Match) -> None:
        """Note that Atlas has answered a call with success."""
        self.words.trust(_project_of(match))


def _project_of(match: Match) -> str:
    return match.parameters.get("groupId", "")
