"""Under a service manager: what the gateway tells it (sd_notify(3)); here a datagram socket writes down what comes."""

import json
import os
import socket

import pytest

from shim.gateway import run
from tests.gateway.test_signing import PATH
from tests.peers.raw import PATIENCE
from tests.peers.served import At, ask, get, status_of


@pytest.fixture
def hears(tmp_path):
    """Yield a manager's socket: its path, and a function that returns the next datagram's lines."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)

        def hear() -> list[str]:
            lines = manager.recv(65536).decode("ascii").split("\n")
            assert all("=" in line for line in lines)
            return lines

        yield str(tmp_path / "notify"), hear


def test_a_life_as_its_manager_and_its_log_have_it(serve, hears):
    """Ready once calls are taken, then stopping; each line of a log in JSON is an object, of events and calls alike."""
    path, hear = hears
    words = ("--admin", "off", "--upstream", "http://127.0.0.1:1", "--drain", "90", "--log-format", "json")
    running = serve(*words, env={"NOTIFY_SOCKET": path})
    served = At(running.logged(r"takes calls at (\S+?)[\s\"]")[1])
    ready, status = hear()
    assert (ready, status) == ("READY=1", f"STATUS=takes calls at {served.url} for http://127.0.0.1:1")
    assert status_of(ask(served, get(PATH))[0]) == 502
    running.process.terminate()
    stopping, _, patience = hear()
    assert (stopping, patience) == ("STOPPING=1", "EXTEND_TIMEOUT_USEC=105000000")
    running.logged('"event":"end"')
    assert running.process.wait(PATIENCE) == 0
    found = [json.loads(row) for row in running.seen]
    assert all({"time", "level", "event"} <= row.keys() for row in found)
    assert [row["operation"] for row in found if row["event"] == "call"] == ["listServerlessBackupSnapshots"]
    said = {row["event"]: row.get("message", "")[:14] for row in found}
    assert said == {"start": "takes calls at", "call": "", "end": "drains after S"}


def test_a_manager_at_an_abstract_name(monkeypatch):
    """Systemd writes its first byte, which is zero, as an at sign."""
    name = f"atlas-shim-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        run._notify("READY=1", "STATUS=here")
        assert manager.recv(100) == b"READY=1\nSTATUS=here"


def test_a_manager_that_is_gone_is_no_error(monkeypatch):
    """Nobody's calls fail for it."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/no/such/socket")
    run._notify("READY=1")
