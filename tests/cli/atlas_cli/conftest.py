"""Fixtures: a clean environment, a fake Atlas after the sunset, and shells that run old scripts."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.fake import DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeAtlas
from shim.fake.server import FakeServer


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Hide this machine's profile and Atlas CLI; return the home directory."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    # Python and the shim may be installed anywhere; the rest of the PATH is the
    # system's.
    monkeypatch.setenv("PATH", os.pathsep.join([str(home / "bin"), "/usr/bin", "/bin"]))
    return home


@pytest.fixture
def server():
    """Serve a fake Atlas after the sunset whose clock stands still, so that its ids and dates are known."""
    with FakeServer(FakeAtlas(today=datetime(2026, 8, 2, 18, tzinfo=UTC))) as server:
        yield server


@pytest.fixture
def signed_in(monkeypatch, server):
    """Set the fake Atlas, its API key and project in the Atlas CLI's variables."""
    monkeypatch.setenv("MONGODB_ATLAS_OPS_MANAGER_URL", f"{server.url}/")
    monkeypatch.setenv("MONGODB_ATLAS_PUBLIC_API_KEY", DEMO_PUBLIC_KEY)
    monkeypatch.setenv("MONGODB_ATLAS_PRIVATE_API_KEY", DEMO_PRIVATE_KEY)
    monkeypatch.setenv("MONGODB_ATLAS_PROJECT_ID", DEMO_GROUP)


@pytest.fixture
def atlas():
    """Return a function that runs `atlas-shim atlas` in this process with the given arguments."""

    def atlas(*words, answers=None):
        return CliRunner().invoke(
            main, ("atlas", *words), input=answers, prog_name="atlas-shim"
        )

    return atlas


@pytest.fixture
def program(home):
    """Return a function that puts an executable into the first directory of the PATH."""

    def program(name, text):
        path = home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    return program


@pytest.fixture
def script(program, tmp_path):
    """Return a function that runs a script in a shell, with an installed `atlas-shim` on the PATH."""
    program("atlas-shim", f'#!/bin/sh\nexec "{sys.executable}" -m shim "$@"\n')

    def script(text, shell="bash", needs=()):
        for name in (shell, *needs):
            if shutil.which(name, path="/usr/bin:/bin") is None:
                pytest.skip(f"{name} is not installed")
        file = tmp_path / "script"
        file.write_text(text, encoding="utf-8")
        return subprocess.run(
            [shell, str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )

    return script
