"""Programs with Atlas' host built in, run by the command beside a fake Atlas, another host, and a proxy between."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.run.peers import CorporateProxy, OtherHost, other_host

URL = f"https://cloud.mongodb.com/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
FIELDS = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": "application/vnd.atlas.2023-01-01+json"}
CURL = ("curl", "-sS", *(part for name, value in FIELDS.items() for part in ("-H", f"{name}: {value}")))


class Runs:
    """Runs programs: ``environ`` is what the person at the terminal has set."""

    def __init__(self, environ):
        self.environ = environ

    def command(self, *program, options=()):
        """Return the command line."""
        return [sys.executable, "-m", "shim", "run", "--via", "gateway", *options, "--", *map(str, program)]

    def __call__(self, *program, options=(), **environ):
        """Run to the end, and return what came of it."""
        command, environ = self.command(*program, options=options), self.environ | environ
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=180)

    def begin(self, *program, options=()):
        """Start, and return the process."""
        command = self.command(*program, options=options)
        return subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


@pytest.fixture
def atlas() -> Iterator[FakeServer]:
    """A fake Atlas after the sunset."""
    with FakeServer(FakeAtlas()) as server:
        yield server


@pytest.fixture
def runs(atlas, tmp_path) -> Runs:
    """Runs programs beside the fake, from an environment without proxies, roots and hooks of its own."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    (tmp_path / "folders").mkdir()
    return Runs({**plain, "ATLAS_SHIM_UPSTREAM": atlas.url, "TMPDIR": str(tmp_path / "folders")})


@pytest.fixture
def folders(tmp_path):
    """Where runs keep their folders."""
    return tmp_path / "folders"


@pytest.fixture
def other() -> Iterator[OtherHost]:
    """Another host that the program calls, with a certificate of a private authority."""
    with other_host() as host:
        yield host


@pytest.fixture
def corporate(other) -> Iterator[CorporateProxy]:
    """A proxy with a password that leads every name to the other host."""
    with CorporateProxy(other) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        yield proxy
        proxy.shutdown()
