"""Switching the drop-in on and off for a process, whose library clients it covers."""

import asyncio
import inspect
import os
import pickle
import re
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points, metadata
from typing import Any
from unittest import mock

import httpx
import pytest
import requests

import shim
from shim.doors import process, served, switch
from shim.doors.environment import CHECKED, as_mark, settings_in
from shim.extras import EXTRAS, hint
from tests.doors.calls import BEARER, SNAPSHOTS, gone_then_flex
from tests.peers.pythons import said


def test_the_hooks_of_an_existing_client_run_once(raw, early):
    """The hook lists stay the caller's: they can be changed, replaced, and used without the shim."""
    server = raw(gone_then_flex)
    seen = []
    url = f"{server.url}{SNAPSHOTS}"
    noted = lambda response: seen.append(response.status_code)  # noqa: E731
    shim.install()
    with httpx.Client(event_hooks={"response": [noted]}) as client:
        client.get(url)
        assert client.event_hooks == {"request": [], "response": [noted]}
        client.event_hooks["response"].append(lambda response: seen.append("more"))
        client.get(url)
        assert seen == [200, 200, "more"]
        client.event_hooks = {"request": [lambda request: seen.append("asked")]}
        for switch in (shim.install, shim.uninstall):
            switch()
            client.get(url)
    assert seen[3:] == ["asked", "asked"]


def test_switching_off_works_after_others_replaced_the_method():
    """OpenTelemetry, for example, replaces a method and later restores the one that it read from the class."""
    places = [
        (httpx.Client, "send"),
        (httpx.AsyncClient, "send"),
        (requests.Session, "get_adapter"),
    ]
    before = [vars(kind)[method] for kind, method in places]
    shim.install()
    shim.install()
    assert all(switch.is_ours(vars(kind)[method]) for kind, method in places)
    setattr(requests.Session, "get_adapter", requests.Session.get_adapter)  # noqa: B010 - mypy takes no assignment
    shim.uninstall()
    assert [vars(kind)[method] for kind, method in places] == before


def test_a_wrapper_inside_another_wrapper_is_disabled(raw, monkeypatch):
    """It can't be removed, so it passes calls on. The next install uses it again."""
    shim.install()
    inner = vars(requests.Session)["get_adapter"]

    def outer(self, url):
        return inner.__get__(self)(url)

    vars(outer)["__wrapped__"] = inner
    monkeypatch.setattr(requests.Session, "get_adapter", outer)
    shim.uninstall()
    server = raw(gone_then_flex)
    assert requests.get(f"{server.url}{SNAPSHOTS}", timeout=10).status_code == 410
    shim.install()
    assert vars(requests.Session)["get_adapter"] is outer
    assert requests.get(f"{server.url}{SNAPSHOTS}", timeout=10).status_code == 200
    monkeypatch.undo()
    monkeypatch.setattr(requests.Session, "get_adapter", inner.__wrapped__)


def test_threads_can_use_one_client_concurrently(raw, early):
    """The client's hooks run once for each call."""
    server = raw(gone_then_flex)
    seen: list[httpx.Response] = []
    shim.install()
    with httpx.Client(event_hooks={"response": [seen.append]}) as client:
        url = f"{server.url}{SNAPSHOTS}"
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(client.get, [url] * 8))
    assert [response.status_code for response in seen] == [200] * 8


@pytest.fixture
def unloaded(monkeypatch):
    """Unload the engine, as in a process that has made no call yet."""
    monkeypatch.setattr(served.STATE, "doors", {})
    monkeypatch.setattr(served.STATE, "concerns", None)
    monkeypatch.setattr(served.STATE, "said", "")
    monkeypatch.setattr(process, "_current", None)


def test_settings_that_become_wrong_before_the_first_call_are_ignored(
    retired, unloaded, monkeypatch
):
    """The settings read when the drop-in was switched on apply until there are other valid ones."""
    shim.install()
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flexx")
    assert requests.get(retired, headers=BEARER, timeout=10).status_code == 200


def test_documents_broken_before_the_first_call_stop_no_call(
    retired, unloaded, monkeypatch, tmp_path, capsys
):
    """The call is made without translation, as are the next ones.

    One log line reports this.
    """
    (tmp_path / "mine.toml").write_text('format = 1\noverrides = "snapshots"\n')
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(tmp_path))
    monkeypatch.setenv(CHECKED, as_mark(settings_in(os.environ)))
    shim.install()
    (tmp_path / "mine.toml").write_text("nonsense")
    assert [
        get(retired, headers=BEARER).status_code
        for get in (requests.get, httpx.get, requests.get)
    ] == [410] * 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "atlas-shim: retired calls are not translated: DocumentError: mine.toml"
    )


def test_a_library_without_the_expected_method_can_be_imported(caplog):
    """A future version may lack it. A log line names what is not covered."""
    module: Any = types.ModuleType("requests")
    module.Session = type("Session", (), {"send": len})
    shim.install()
    switch._hear(module)
    assert caplog.messages == [
        "requests.Session.get_adapter does not exist: its calls are not translated"
    ]
    assert module.Session.send is len


@pytest.mark.parametrize(("in_a_run", "word", "said"), [
    (True, "auto", ""), (True, "flexx", "not switched on in .*: ATLAS_SHIM_ROUTE: "), (False, "auto", ""),
])  # fmt: skip
def test_opentelemetrys_launcher_enables_it_only_within_run(
    monkeypatch, capsys, in_a_run, word, said
):
    """The launcher calls this package's entry point in every program, and it must not break any of them."""
    if in_a_run:
        monkeypatch.setenv(CHECKED, "")
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", word)
    (entry,) = entry_points(group="opentelemetry_pre_instrument", name="atlas-shim")
    entry.load()()
    assert served.STATE.active is (in_a_run and not said)
    err = capsys.readouterr().err
    assert re.match(f"atlas-shim: {said}", err) if said else not err


def test_an_entry_point_without_its_library_names_the_extra():
    """Each way of importing it gives that error, and the extra exists."""
    doors = sorted(set(vars(shim)["_DOORS"]) - {"httpx"})
    statements = [
        form.format(door)
        for door in doors
        for form in ("from shim import {}", "import shim.{}")
    ]
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({doors!r}))\n"
        f"for statement in {statements!r}:\n"
        "    try: exec(statement)\n    except ModuleNotFoundError as error: print(error.name, error)"
    )
    missing = [door for door in doors for _ in range(2)]
    for name, line in zip(missing, said(code).splitlines(), strict=True):
        assert line == f"{name} {hint(name)}"
        assert EXTRAS[name] in (metadata("atlas-shim").get_all("Provides-Extra") or ())


@pytest.mark.parametrize("library", ["asyncio", "trio", "no thread"])
def test_the_event_loop_runs_while_the_first_call_loads(
    retired, unloaded, monkeypatch, library
):
    """Another thread loads the engine. If no thread can be started, the loop waits."""
    threads: list[int] = []
    load = served._load

    def loaded(door):
        threads.append(threading.get_ident())
        load(door)

    async def refuse(load):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(served, "_load", loaded)
    if library == "no thread":
        monkeypatch.setattr(asyncio, "to_thread", refuse)
    shim.install()

    async def call():
        async with httpx.AsyncClient(headers=BEARER) as client:
            return [(await client.get(retired)).status_code for _ in range(2)]

    assert (
        pytest.importorskip("trio").run(call)
        if library == "trio"
        else asyncio.run(call())
    ) == [200, 200]
    assert [thread == threading.get_ident() for thread in threads] == [
        library == "no thread"
    ]


@pytest.mark.parametrize("kind", [httpx.Client, httpx.AsyncClient])
def test_a_patched_method_keeps_its_kind(kind):
    """Mocks and frameworks check for a coroutine function and a signature, and pickle the method by name."""
    before = vars(kind)["send"]
    shim.install()
    after = vars(kind)["send"]
    assert after is not before
    assert inspect.iscoroutinefunction(after) is inspect.iscoroutinefunction(before)
    assert inspect.signature(after) == inspect.signature(before)
    assert pickle.loads(pickle.dumps(after)) is after
    with mock.patch.object(kind, "send") as mocked:
        assert isinstance(mocked, mock.AsyncMock) is (kind is httpx.AsyncClient)
