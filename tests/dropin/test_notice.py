"""Warnings about retired calls: at the caller's line, once, before anything is sent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import shim
from shim import AtlasClient, httpx, requests
from shim.doors import notice
from shim.errors import LegacyEndpointWarning
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN
from tests.doors.calls import BEARER, SNAPSHOTS
from tests.dropin.conftest import line


@pytest.mark.parametrize("library", [httpx, requests])
def test_the_warning_is_at_the_callers_line(retired, caught, places, library):
    """It names operation, date and what is absent, and says what to do and how to end such warnings."""
    here = line() + 1
    library.get(retired, headers=BEARER)
    assert places() == [here]
    assert caught[0].category is LegacyEndpointWarning
    assert "listServerlessBackupSnapshots" in str(caught[0].message)
    for said in ("retired on 2026-01-22", "its answers lack storageSizeBytes", "ATLAS_SHIM_WARNINGS=off"):
        assert said in str(caught[0].message)


INSTANCES = SNAPSHOTS.partition("/serverless")[0] + "/serverless"


@pytest.mark.parametrize(
    ("settings", "method", "target", "said"),
    [
        ({"ATLAS_SHIM_ROUTE": "legacy"}, "GET", SNAPSHOTS, "this call goes there as it is, since the route is set to"),
        (
            {},
            "POST",
            SNAPSHOTS.partition("/serverless")[0] + "/serverless",
            "atlas-shim has nothing to answer it with. A flex cluster ",
        ),
        ({"ATLAS_SHIM_WRITES": "instances"}, "POST", INSTANCES, "keeps"),
    ],
)
def test_the_warning_says_what_becomes_of_the_call(atlas, caught, monkeypatch, settings, method, target, said):
    """That it works is not said where it does not."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    requests.request(method, atlas.url + target, headers=BEARER, json={}, timeout=10)
    message = str(caught[0].message)
    assert said in message
    assert ("atlas-shim keeps this call working" in message) is (said == "keeps")


def test_the_warning_has_a_command_that_works_as_it_stands(retired, caught):
    """Pasted into a shell it shows the call to make instead; ids of the call are not in it."""
    requests.get(retired, headers=BEARER, timeout=10)
    _, _, command = str(caught[0].message).partition("instead: ")
    assert DEMO_GROUP not in command
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, shell=True, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "/flexClusters/" in done.stdout
    assert "curl -sS --request GET" in done.stdout


@pytest.mark.parametrize(("word", "count"), [("off", 0), ("once", 1), ("always", 3)])
def test_the_word_says_how_often(retired, caught, monkeypatch, word, count):
    """Read for each call."""
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", word)
    for _ in range(3):
        requests.get(retired, headers=BEARER, timeout=10)
    assert len(caught) == count


def test_the_handler_can_be_replaced(retired, caught):
    """It gets the place and the operation; None brings warnings back."""
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


def test_before_the_sunset_the_date_is_ahead(raw, caught, monkeypatch):
    """The same warning in the present tense, so that there is time left."""
    monkeypatch.setenv("ATLAS_SHIM_SUNSET", "snapshots=2999-01-01")
    server = raw(lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    requests.get(f"{server.url}{SNAPSHOTS}", timeout=10)
    assert "retires on 2999-01-01" in str(caught[0].message)


def test_the_typed_client_does_not_warn(atlas, caught):
    """Who uses it names no endpoint."""
    with AtlasClient(base_url=atlas.url, access_token=DEMO_TOKEN) as client:
        assert client.cloud_backups.list_serverless_backup_snapshots(DEMO_GROUP, DEMO_CLUSTER).results
    assert caught == []


def test_only_so_many_places_are_remembered(retired, caught, monkeypatch):
    """A program that makes code as it runs does not fill the memory."""
    monkeypatch.setattr(notice, "SIZE", 1)
    for _ in range(2):
        requests.get(retired, headers=BEARER, timeout=10)
        requests.get(retired, headers=BEARER, timeout=10)
    assert len(caught) == 4
