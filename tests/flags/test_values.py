"""A flag's values are cached: calls never wait, and a provider that fails or hangs changes nothing."""

import logging
import os
import threading
from types import SimpleNamespace

import pytest

from shim.core.settings import RouteWord
from shim.flags import values
from shim.flags.values import FeatureFlag, FlagError
from tests.peers.raw import PATIENCE, until


class Provider:
    """A provider with the test's values; it counts rounds, so that a test can wait for one."""

    def __init__(self, **said):
        self.said = said
        self.fails: Exception | None = None
        self.asked: list[str] = []
        self._heard = threading.Condition()

    def __call__(self, project):
        """Reply as a flag's evaluation does."""
        with self._heard:
            self.asked.append(project)
            self._heard.notify_all()
        if self.fails is not None:
            raise self.fails
        return self.said.get(project or "nobody", self.said.get("nobody", "auto"))

    def rounds(self, count=2):
        """Wait for this many more rounds, so that earlier changes are in force."""
        with self._heard:
            wanted = self.asked.count("") + count
            assert self._heard.wait_for(
                lambda: self.asked.count("") >= wanted, PATIENCE
            )


def call(project):
    """Return a recognized call's parts that a flag needs."""
    return SimpleNamespace(parameters={"groupId": project} if project else {})


def value_of(flag, project):
    """Return the value for a project's call."""
    return flag.variant("plan", call(project))


def settled(flag, project):
    """Wait until a project's calls need not."""
    until(lambda: not flag.waits(call(project)), "the value")


@pytest.fixture
def asking(monkeypatch):
    """Return a function that starts polling a provider, every few milliseconds."""
    started: list[FeatureFlag[RouteWord | None]] = []
    monkeypatch.setattr(values, "_PACE", 0.0001)
    monkeypatch.setattr(values, "_SOON", 0.005)

    def asking(provider, connect=None):
        flag = FeatureFlag(
            "atlas-route",
            connect or (lambda: provider),
            lambda whole, value: value,
            every=0.005,
        )
        started.append(flag)
        return flag

    yield asking
    for flag in started:
        flag.stop()


@pytest.fixture
def unasked(asking, monkeypatch):
    """A flag with room for three projects, whose provider replies after the test."""
    monkeypatch.setattr(values, "MAX_PROJECTS", 3)
    goes_on = threading.Event()
    yield asking(lambda project: goes_on.wait(PATIENCE) and "auto")
    goes_on.set()


@pytest.fixture
def flex(asking):
    """A flag with flex for the project a and auto for the others, and its provider."""
    provider = Provider(a="flex")
    flag = asking(provider)
    value_of(flag, "a")
    provider.rounds()
    return flag, provider


def test_each_project_has_its_value(asking):
    """The provider is asked with the project; a new project uses the general value."""
    provider = Provider(a="flex", nobody="legacy")
    flag = asking(provider)
    value_of(flag, "a")
    value_of(flag, "b")
    provider.rounds()
    assert value_of(flag, "a") == RouteWord.FLEX
    assert value_of(flag, "b") == RouteWord.LEGACY
    assert flag.report()["projects"] == {"flex": 1, "legacy": 1}


def test_a_failing_provider_leaves_the_last_valid_value(flex, caplog):
    """The failure is logged once, however long it lasts, and so is its end."""
    caplog.set_level(logging.INFO, "shim.flags")
    flag, provider = flex
    provider.fails = ConnectionError("no route to the flags")
    provider.rounds(4)
    assert value_of(flag, "a") is RouteWord.FLEX
    assert flag.fault == "ConnectionError: no route to the flags"
    assert caplog.text.count("no route to the flags") == 1
    provider.fails = None
    provider.rounds()
    assert flag.fault == ""
    assert caplog.text.count("works again") == 1


def test_a_hanging_provider_leaves_the_last_valid_value(asking, monkeypatch, caplog):
    """Calls get their value without a delay, and the hang is logged once."""
    hangs = threading.Event()
    goes_on = threading.Event()

    def provider(project):
        if hangs.is_set():
            goes_on.wait(PATIENCE)
        return "flex" if project == "a" else "auto"

    flag = asking(provider)
    value_of(flag, "a")
    until(lambda: flag.report()["projects"] == {"flex": 1}, "the value")
    monkeypatch.setattr(values, "WAIT", 0.0)
    hangs.set()
    until(lambda: flag.hangs() or flag.fault, "the fault")
    flag.hangs()
    assert value_of(flag, "a") is RouteWord.FLEX
    assert value_of(flag, "new") is RouteWord.AUTO
    assert caplog.text.count("no answer for") == 1
    goes_on.set()


@pytest.mark.parametrize("value", ["flexx", "", 7])
def test_an_invalid_value_is_ignored_and_logged_once(flex, caplog, value):
    """A typo in the flag service switches nothing."""
    flag, provider = flex
    provider.said["a"] = value
    provider.rounds(4)
    assert value_of(flag, "a") is RouteWord.FLEX
    assert flag.fault.endswith(
        " is not one of auto, date, legacy, successor, flex, off"
    )
    assert (
        caplog.text.count("its provider fails; the last valid values stay in use: ")
        == 1
    )
    assert "works again" not in caplog.text


def test_the_number_of_projects_is_limited(unasked, caplog):
    """Invented projects don't multiply requests to the provider: only the latest ones are stored."""
    flag = unasked
    for number in range(10):
        value_of(flag, f"project {number}")
    value_of(flag, "x" * 65)
    assert [*flag._entries] == ["", "project 7", "project 8", "project 9"]
    assert caplog.text == ""


def test_a_waiting_call_keeps_its_project_s_slot(asking, monkeypatch):
    """Otherwise waiting calls would replace each other's projects forever if there are as many as slots."""
    monkeypatch.setattr(values, "MAX_PROJECTS", 2)
    goes_on = threading.Semaphore(0)
    asked = list[str]()

    def provider(project):
        asked.append(project)
        return goes_on.acquire(timeout=PATIENCE) and "legacy"

    flag = asking(provider)
    for project in ("a", "b"):
        assert flag.waits(call(project))
    goes_on.release(4)
    until(lambda: {"a", "b"} <= {*asked}, "both are asked about")
    flag.waits(call("c"))
    assert [*flag._entries] == ["", "a", "b"]
    assert value_of(flag, "a") is RouteWord.LEGACY
    flag.waits(call("c"))
    assert [*flag._entries] == ["", "b", "c"]
    goes_on.release(1000)


def test_the_value_of_a_removed_project_applies_to_no_other(asking, monkeypatch):
    """Otherwise a stranger with invented projects could apply one project's value to all others."""
    monkeypatch.setattr(values, "MAX_PROJECTS", 1)
    goes_on = threading.Event()

    def provider(project):
        assert goes_on.wait(PATIENCE)
        return "auto" if project in {"", "b"} else "off"

    flag = asking(provider)
    for project in ("a", "b"):
        value_of(flag, project)
    goes_on.set()
    settled(flag, "b")
    assert flag.report() == {
        "flag": "atlas-route",
        "projects": {"auto": 1},
        "others": "auto",
        "fault": "",
    }


def test_strangers_remove_no_project_with_a_success(unasked, caplog):
    """Only another project with a success may replace it; a project without a slot uses the general value."""
    flag = unasked
    for number in range(3):
        flag.trust(call(f"tenant {number}"))
    for number in range(10):
        assert value_of(flag, f"invented {number}") is None
        assert flag.waits(call(f"invented {number}"))
    assert [*flag._entries] == ["", "tenant 0", "tenant 1", "tenant 2"]
    assert caplog.text.count("more than 3 projects") == 1
    flag.trust(call("tenant 3"))
    assert [*flag._entries] == ["", "tenant 1", "tenant 2", "tenant 3"]


def test_a_first_call_waits_for_a_limited_time(asking, monkeypatch):
    """It waits even for a provider that can't be created yet; after that it continues without a value."""
    is_there = threading.Event()
    provider = Provider(nobody="legacy")

    def connect():
        if not is_there.is_set():
            raise TimeoutError
        return provider

    flag = asking(provider, connect)
    assert flag.waits(call("a"))
    is_there.set()
    settled(flag, "a")
    assert value_of(flag, "a") is RouteWord.LEGACY
    provider.fails = ConnectionError()
    monkeypatch.setattr(values, "WAIT", 0.0)
    assert not flag.waits(call("b"))


def test_no_call_waits_for_an_invalid_file(asking):
    """Reading it again soon would have the same result."""

    def provider(project):
        raise FlagError("flags.toml: Invalid")

    flag = asking(provider)
    for project in ("", "a", "b", "c", "d"):
        settled(flag, project)
    assert flag.fault == "flags.toml: Invalid"


def test_a_project_without_calls_is_forgotten(asking, monkeypatch):
    """After a while it makes room, and its value is requested again when it returns."""
    monkeypatch.setattr(values, "_IDLE", 3)
    provider = Provider(a="flex")
    flag = asking(provider)
    value_of(flag, "a")
    provider.rounds(6)
    assert flag.report()["projects"] == {}
    until(lambda: value_of(flag, "a") is RouteWord.FLEX, "the value again")


def test_failures_of_some_projects_delay_no_other(asking):
    """A round ends after a few failures in a row, and the next one starts with the others."""

    def provider(project):
        if project.startswith("bad"):
            raise LookupError(project)
        return "flex" if project == "good" else "auto"

    flag = asking(provider)
    for number in range(5):
        value_of(flag, f"bad {number}")
    until(lambda: value_of(flag, "good") is RouteWord.FLEX, "the value of the good one")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)
def test_a_forked_child_polls_for_itself(asking):
    """A server may fork its workers after the first call, and each worker gets new values."""
    provider = Provider(nobody="legacy")
    flag = asking(provider)
    until(lambda: value_of(flag, "a"), "the value")
    child = os.fork()
    if child == 0:  # pragma: no cover - a process of its own, which ends without a word
        provider._heard = threading.Condition()
        provider.said["nobody"] = "flex"
        for _ in range(2000):
            if value_of(flag, "a") is RouteWord.FLEX:
                os._exit(0)
            threading.Event().wait(0.005)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert value_of(flag, "a") is RouteWord.LEGACY
