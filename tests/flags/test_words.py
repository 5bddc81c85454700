"""The words of a flag are kept: calls never wait, and a provider that fails or hangs changes nothing."""

import logging
import os
import threading
from functools import partial

import pytest

from shim.core.settings import RouteWord
from shim.flags import words
from shim.flags.words import FlagFileError, FlagWords
from tests.peers.raw import PATIENCE, until


class Provider:
    """Says what the test has it say; counts rounds, so that a test can wait for one."""

    def __init__(self, **said):
        self.said = said
        self.fails: Exception | None = None
        self.asked: list[str] = []
        self._heard = threading.Condition()

    def __call__(self, project):
        """Answer as a flag's evaluation does."""
        with self._heard:
            self.asked.append(project)
            self._heard.notify_all()
        if self.fails is not None:
            raise self.fails
        return self.said.get(project or "nobody", self.said.get("nobody", "auto"))

    def rounds(self, count=2):
        """Wait until nobody in particular was asked about so many times more: what came before is in force."""
        with self._heard:
            wanted = self.asked.count("") + count
            assert self._heard.wait_for(lambda: self.asked.count("") >= wanted, PATIENCE)


@pytest.fixture
def asking(monkeypatch):
    """Return a function that begins to ask a provider, every few milliseconds."""
    started: list[FlagWords] = []
    monkeypatch.setattr(words, "_PACE", 0.0001)

    def asking(provider, every=0.005):
        flag = FlagWords("atlas-route", lambda: provider, every=every)
        flag.start()
        started.append(flag)
        return flag

    yield asking
    for flag in started:
        flag.stop()


@pytest.fixture
def flex(asking):
    """A flag that says flex for the project a and auto for the others, and its provider."""
    provider = Provider(a="flex")
    flag = asking(provider)
    flag.word("a")
    provider.rounds()
    return flag, provider


def test_each_project_has_its_word(asking):
    """The project is what the provider is asked about; one that has not been seen goes by the word for none."""
    provider = Provider(a="flex", nobody="legacy")
    flag = asking(provider)
    flag.word("a")
    flag.word("b")
    provider.rounds()
    assert (flag.word("a"), flag.word("b")) == (RouteWord.FLEX, RouteWord.LEGACY)
    assert flag.counts() == {"flex": 1, "legacy": 1}


def test_a_provider_that_fails_leaves_the_last_good_word(flex, caplog):
    """The failure is logged once, however long it lasts, and so is its end."""
    caplog.set_level(logging.INFO, "shim.flags")
    flag, provider = flex
    provider.fails = ConnectionError("no route to the flags")
    provider.rounds(4)
    assert flag.word("a") is RouteWord.FLEX
    assert flag.fault == "ConnectionError: no route to the flags"
    assert caplog.text.count("no route to the flags") == 1
    provider.fails = None
    provider.rounds()
    assert flag.fault == ""
    assert caplog.text.count("answers again") == 1


def test_a_provider_that_can_not_be_made_is_tried_again(asking):
    """What connects may fail at first: a service that is not up yet."""
    provider, tries = Provider(nobody="legacy"), []

    def connect():
        tries.append(1)
        if len(tries) < 3:
            raise TimeoutError
        return provider

    flag = FlagWords("atlas-route", connect, every=0.005)
    flag.start()
    until(lambda: not flag.waits("a"), "the word")
    flag.stop()
    assert flag.word("a") is RouteWord.LEGACY


def test_a_provider_that_hangs_leaves_the_last_good_word(asking, monkeypatch, caplog):
    """Calls have their word all the same; that it hangs is logged once."""
    hangs, goes_on = threading.Event(), threading.Event()

    def provider(project):
        if hangs.is_set():
            goes_on.wait(PATIENCE)
        return "flex" if project == "a" else "auto"

    flag = asking(provider)
    flag.word("a")
    until(lambda: flag.counts() == {"flex": 1}, "the word")
    monkeypatch.setattr(words, "PATIENCE", 0.0)
    hangs.set()
    until(lambda: flag.look() or flag.fault, "the fault")
    flag.look()
    assert flag.word("a") is RouteWord.FLEX
    assert flag.word("new") is RouteWord.AUTO
    assert caplog.text.count("no answer for") == 1
    goes_on.set()


@pytest.mark.parametrize("value", ["flexx", "", 7])
def test_another_value_is_refused_and_logged_once(flex, caplog, value):
    """A typo in the flag service switches nothing."""
    flag, provider = flex
    provider.said["a"] = value
    provider.rounds(4)
    assert flag.word("a") is RouteWord.FLEX
    assert caplog.text.count("is not one of auto, date, legacy, successor, flex, off; the last word stays") == 1


def test_projects_are_bounded(monkeypatch, caplog):
    """Whoever makes up projects makes nobody ask about all of them: the last ones are kept."""
    monkeypatch.setattr(words, "MOST", 3)
    flag = FlagWords("atlas-route", Provider)
    for number in range(10):
        flag.word(f"project {number}")
    flag.word("x" * 65)
    assert [*flag._entries] == ["", "project 7", "project 8", "project 9"]
    assert caplog.text == ""


def test_strangers_push_no_project_out_that_atlas_has_answered(monkeypatch, caplog):
    """Only a project that had a success, too, has the place of one that had; without a place the general word holds."""
    monkeypatch.setattr(words, "MOST", 3)
    flag = FlagWords("atlas-route", Provider)
    for number in range(3):
        flag.trust(f"tenant {number}")
    for number in range(10):
        assert flag.word(f"invented {number}") is None
        assert flag.waits(f"invented {number}")
    assert [*flag._entries] == ["", "tenant 0", "tenant 1", "tenant 2"]
    assert caplog.text.count("more than 3 projects") == 1
    flag.trust("tenant 3")
    assert [*flag._entries] == ["", "tenant 1", "tenant 2", "tenant 3"]


def test_a_first_call_waits_for_its_project_and_not_for_ever(asking, monkeypatch):
    """A provider that is not there yet is waited for; after the patience the call goes on without a word."""
    is_there = threading.Event()

    def provider(project):
        if not is_there.is_set():
            raise ConnectionError
        return "legacy"

    flag = asking(provider)
    assert flag.waits("a")
    is_there.set()
    until(lambda: not flag.waits("a"), "the word")
    assert flag.word("a") is RouteWord.LEGACY
    is_there.clear()
    until(lambda: flag.fault, "the fault")
    monkeypatch.setattr(words, "WAIT", 0.0)
    assert not flag.waits("b")


def is_settled(flag, project):
    return not flag.waits(project)


def test_no_call_waits_for_a_file_that_is_broken(asking):
    """Asking again soon would say the same."""

    def provider(project):
        raise FlagFileError("flags.toml: Invalid")

    flag = asking(provider)
    for project in ("", "a", "b", "c", "d"):
        until(partial(is_settled, flag, project), "the failure")
    assert flag.fault == "flags.toml: Invalid"


def test_a_project_without_calls_is_forgotten(asking, monkeypatch):
    """What is not called for a while makes room, and is asked about again when it comes back."""
    monkeypatch.setattr(words, "_IDLE", 3)
    provider = Provider(a="flex")
    flag = asking(provider)
    flag.word("a")
    provider.rounds(6)
    assert flag.counts() == {}
    until(lambda: flag.word("a") is RouteWord.FLEX, "the word again")


def test_failures_of_some_projects_keep_nobody_from_being_asked(asking):
    """A look ends after a few failures in a row, and the next one begins with the others."""

    def provider(project):
        if project.startswith("bad"):
            raise LookupError(project)
        return "flex" if project == "good" else "auto"

    flag = asking(provider)
    for number in range(5):
        flag.word(f"bad {number}")
    until(lambda: flag.word("good") is RouteWord.FLEX, "the word of the good one")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_asks_for_itself(asking):
    """A server that forks its workers after the first call leaves none of them with the words of that moment."""
    provider = Provider(nobody="legacy")
    flag = asking(provider)
    until(lambda: flag.word("a"), "the word")
    child = os.fork()
    if child == 0:  # pragma: no cover - a process of its own, which ends without a word
        provider._heard = threading.Condition()
        provider.said["nobody"] = "flex"
        for _ in range(2000):
            if flag.word("a") is RouteWord.FLEX:
                os._exit(0)
            threading.Event().wait(0.005)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert flag.word("a") is RouteWord.LEGACY
