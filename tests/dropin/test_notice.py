"""Warnings about retired calls: at the caller's line, once, before anything is sent."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

import shim
from shim import AtlasClient, requests
from shim.doors import notice
from shim.errors import LegacyEndpointWarning
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from tests.doors.calls import BEARER, SNAPSHOTS
from tests.dropin.conftest import line

INSTANCES = SNAPSHOTS.partition("/serverless")[0] + "/serverless"
KEPT = "atlas-shim still serves this call"


@pytest.mark.parametrize(("settings", "method", "target", "said"), [
    ({}, "GET", SNAPSHOTS, ("on 2026-01-22. ", KEPT, "without storageSizeBytes", "ATLAS_SHIM_WARNINGS=off")),
    ({"SUNSET": "snapshots=2999-01-01"}, "GET", SNAPSHOTS, ("Atlas retires ", " on 2999-01-01. ", KEPT)),
    ({"ROUTE": "legacy"}, "GET", SNAPSHOTS, ("This call goes to Atlas unchanged, because the route is set to",)),
    ({}, "POST", INSTANCES, ("atlas-shim has no answer for it. Serverless instances were replaced by flex clusters",)),
    ({"WRITES": "instances"}, "POST", INSTANCES, (KEPT,)),
])  # fmt: skip
def test_the_warning_describes_the_outcome(
    atlas, caught, places, monkeypatch, settings, method, target, said
):
    """It appears at the caller's line, and promises a working call only if there is one."""
    for name, value in settings.items():
        monkeypatch.setenv(f"ATLAS_SHIM_{name}", value)
    here = line() + 1
    requests.request(method, atlas.url + target, headers=BEARER, json={}, timeout=10)
    assert places() == [here]
    assert caught[0].category == LegacyEndpointWarning
    message = str(caught[0].message)
    assert [words for words in said if words not in message] == []
    assert (KEPT in message) is (KEPT in said)


def test_the_warning_has_a_working_command(retired, caught):
    """Pasted into a shell it shows the call to make instead.

    It includes no ids of the call.
    """
    requests.get(retired, headers=BEARER, timeout=10)
    _, _, command = str(caught[0].message).partition("instead: ")
    assert DEMO_GROUP not in command
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        shell=True,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "/flexClusters/" in done.stdout
    assert "curl -sS --request GET" in done.stdout


@pytest.mark.parametrize(("word", "count"), [("off", 0), ("once", 1), ("always", 3)])
def test_a_setting_controls_how_often_it_appears(
    retired, caught, monkeypatch, word, count
):
    """The setting is read for each call."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", word)
    for _ in range(3):
        requests.get(retired, headers=BEARER, timeout=10)
    assert len(caught) == count


def test_concurrent_calls_cause_one_warning(retired):
    """While a handler still runs, a thread that calls from the same place causes no second warning."""
    seen: list[notice.Notice] = []

    def handler(one):
        seen.append(one)
        if len(seen) < 3:
            thread = Thread(
                target=requests.get, args=(retired,), kwargs={"timeout": 10}
            )
            thread.start()
            thread.join()

    shim.set_warnings_handler(handler)
    try:
        thread = Thread(target=requests.get, args=(retired,), kwargs={"timeout": 10})
        thread.start()
        thread.join()
    finally:
        shim.set_warnings_handler(None)
    assert len(seen) == 1


def test_the_handler_can_be_replaced(retired, caught):
    """It gets the place and the operation. None restores the warnings."""
    seen: list[notice.Notice] = []
    last = shim.set_warnings_handler(seen.append)
    try:
        here = line() + 1
        requests.get(retired, headers=BEARER, timeout=10)
    finally:
        shim.set_warnings_handler(None)
    assert caught == []
    assert [(one.operation, one.site.filename, one.site.lineno) for one in seen] == [
        ("listServerlessBackupSnapshots", __file__, here)
    ]
    assert seen[0].site.module == __name__
    assert last is notice.warn


def test_the_typed_client_does_not_warn(atlas, caught):
    """Its users name no endpoint."""
    with AtlasClient(base_url=atlas.url, access_token=DEMO_TOKEN) as client:
        assert client.cloud_backups.list_serverless_backup_snapshots(
            DEMO_GROUP, DEMO_CLUSTER
        ).results
    assert caught == []


def test_the_number_of_remembered_places_is_limited(retired, caught, monkeypatch):
    """A program that generates code while it runs does not fill the memory."""
    monkeypatch.setattr(notice, "MAX_WARNED", 1)
    for _ in range(2):
        requests.get(retired, headers=BEARER, timeout=10)
        requests.get(retired, headers=BEARER, timeout=10)
    assert len(caught) == 4
