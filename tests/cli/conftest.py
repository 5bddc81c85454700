"""Fixtures: the command in this process, the command as a process, and a fake Atlas."""

import os
import re
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import BEARER


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """Remove proxy settings, so that loopback is reached directly."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def run():
    """Return a function that runs the command in this process."""

    def run(*words, env=None, typed=None):
        return CliRunner().invoke(
            main, words, input=typed, env=env, prog_name="atlas-shim"
        )

    return run


@pytest.fixture
def start():
    """Return a function that starts the command in its own process, which is killed at the end if necessary."""
    started = []

    def start(*words, env=None):
        process = subprocess.Popen(
            [sys.executable, "-m", "shim", *words],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def wait_for():
    """Return a function that reads a stream's lines until one matches, and returns the match."""

    def wait_for(stream, pattern):
        seen = []
        for line in stream:
            seen.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern} is not in {''.join(seen)}")

    return wait_for


@pytest.fixture
def retired_call():
    """Return a function that makes the retired call at a base URL, without a proxy."""

    def retired_call(url):
        path = f"/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
        return httpx.get(f"{url}{path}", headers=BEARER, timeout=30, trust_env=False)

    return retired_call


@pytest.fixture
def atlas(monkeypatch):
    """Serve a fake Atlas, and set its URL and token in the environment."""
    with FakeServer(FakeAtlas()) as server:
        monkeypatch.setenv("MONGODB_ATLAS_BASE_URL", server.url)
        monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", DEMO_TOKEN)
        yield server


@pytest.fixture
def overriding(tmp_path):
    """Return variables with an operator's document, which overrides a rule and a date of snapshots."""
    (tmp_path / "mine.toml").write_text(
        'format = 1\noverrides = "snapshots"\n'
        "[operation.listServerlessBackupSnapshots]\nsunset = 2026-03-01\n"
        '[resource.snapshot.createdAt.flex]\nfrom = "finishTime"\nfidelity = "derived"\nwhy = "Ours."\n'
    )
    return {"ATLAS_SHIM_MAPPINGS": str(tmp_path)}
