"""Every entry point writes whole inventory lines, also concurrently; they contain no secrets and never fail a call."""

import ipaddress
import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial

import attrs
import pytest

from shim import httpx, requests
from shim.core.messages import Dropped, FieldReport, Record, Sent
from shim.core.route import Memory
from shim.documents.vocabulary import Fidelity
from shim.doors import process
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from shim.fake.server import FakeServer
from shim.tools.inventory import writing
from tests.peers.raw import until
from tests.peers.served import ask, gateway, get

DAY = datetime(2026, 1, 22, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC).timestamp()
GROUP = "6510aa1b2c3d4e5f60718293"
CLUSTER = "my-private-cluster"


def record(**changes):
    made = Record(
        "listServerlessBackupSnapshots",
        "v2",
        "flex",
        "its sunset, 2026-01-22, has passed",
        DAY,
        DAY,
        sent=(
            Sent(
                "GET",
                f"/api/atlas/v2/groups/{GROUP}/flexClusters/{CLUSTER}/backup/snapshots?x=secret",
                200,
            ),
        ),
        fields=tuple(FieldReport(f"its{level}", level) for level in Fidelity),
        dropped=(Dropped("status", "SECRET", "unknown word"),),
    )
    return attrs.evolve(made, **changes)


def written(file, made, **how):
    writing.write(
        partial(writing.retired, made, **how),
        {writing.VARIABLE: str(file)},
        lambda: NOW,
    )
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_call_is_one_line(file):
    """It has operation, place, time and changed fields, and no id, name, query or value of a reply."""
    assert written(file, record(), where=writing.CallSite("app/jobs.py", 7)) == [
        {
            "time": "2026-06-01T12:30:00Z",
            "operation": "listServerlessBackupSnapshots",
            "api": "v2",
            "route": "flex",
            "reason": "its sunset, 2026-01-22, has passed",
            "file": "app/jobs.py",
            "line": 7,
            "derived": ["itsderived"],
            "missing": ["itsmissing"],
            "absent": ["itsabsent"],
            "constant": ["itsconstant"],
            "dropped": 1,
        }
    ]


def test_without_the_variable_nothing_is_written(tmp_path, monkeypatch):
    """There is no file."""
    monkeypatch.chdir(tmp_path)
    writing.write(partial(writing.retired, record()), {})
    writing.write(partial(writing.retired, record()), {writing.VARIABLE: ""})
    assert not list(tmp_path.iterdir())


def test_the_shim_s_own_commands_are_not_callers(file):
    """A gateway recognizes them by their User-Agent."""
    written(file, record(), agent="curl/8")
    assert len(written(file, record(), agent=f"{writing.COMMANDS}1.0")) == 1


def test_a_line_is_limited(file):
    """Very long names, agents and reasons are cut, so that one write suffices; a path keeps its end."""
    where = writing.CallSite("\U0001f600" * 5000 + ".py", 3)
    line = written(
        file, record(reason="r" * 9000), where=where, agent="a\n\x1b[31m" * 900
    )[0]
    assert len(file.read_bytes()) < 10_000
    assert len(line["reason"]) == 400
    assert line["agent"][:4] == "a\n\x1b["
    assert line["file"][-4:] == "\U0001f600.py"


@pytest.mark.parametrize("path", ["missing/folder/x.jsonl", ".", "\0", "pipe"])
def test_a_failure_is_logged_once_and_affects_no_call(
    tmp_path, monkeypatch, caplog, path
):
    """An unwritable file or a pipe without a reader neither fails nor blocks a call."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    monkeypatch.setattr(writing, "_failed", set())
    with caplog.at_level(logging.WARNING, logger="shim"):
        for _ in range(3):
            writing.write(partial(writing.retired, record()), {writing.VARIABLE: path})
    assert len(caplog.records) == 1


def test_an_inventory_is_readable_by_its_owner_alone(tmp_path, monkeypatch):
    """It lists who calls what. A link may lead to another user's file, and is not followed."""
    monkeypatch.setattr(writing, "_failed", set())
    file = tmp_path / "calls.jsonl"
    link = tmp_path / "link"
    link.symlink_to(file)
    for path in (str(link), os.devnull):
        writing.write(partial(writing.retired, record()), {writing.VARIABLE: path})
    assert writing._failed == {str(link), os.devnull}
    assert file.exists() is False
    writing.write(partial(writing.retired, record()), {writing.VARIABLE: str(file)})
    assert file.stat().st_mode & 0o777 == 0o600


def test_concurrent_processes_write_whole_lines(file):
    """No line is lost or mixed with another."""
    code = (
        "from datetime import datetime, UTC\n"
        "from shim.tools.inventory import writing\n"
        "from shim.core.messages import Record\n"
        "d = datetime(2026, 1, 22, tzinfo=UTC)\n"
        "for n in range(200):\n"
        "    made = Record('listServerlessInstances', 'v2', 'flex', 'x' * n, d, d)\n"
        "    writing.write(lambda: writing.retired(made, agent='a' * n))\n"
    )
    environ = {**os.environ, writing.VARIABLE: str(file)}
    workers = [
        subprocess.Popen([sys.executable, "-c", code], env=environ) for _ in range(2)
    ]
    assert [worker.wait() for worker in workers] == [0, 0]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == 400


def test_after_a_full_disk_the_next_line_is_whole(file, monkeypatch):
    """The truncated line is ended first."""
    real = os.write
    sizes = iter([5])
    monkeypatch.setattr(
        os, "write", lambda fd, data: real(fd, data[: next(sizes, len(data))])
    )
    causes = [
        writing.write(partial(writing.retired, record()), {writing.VARIABLE: str(file)})
        for _ in range(2)
    ]
    assert causes == ["No space left on device", ""]
    lines = file.read_text().splitlines()
    assert len(lines[0]) == 5
    assert json.loads(lines[1])["operation"] == "listServerlessBackupSnapshots"


TARGET = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The inventory of this process."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(path))
    return path


@pytest.fixture
def url(monkeypatch):
    """A retired call to a fake Atlas after the sunset."""
    monkeypatch.setattr(process, "MEMORY", Memory())
    with FakeServer(FakeAtlas()) as server:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", server.url)
        yield f"{server.url}{TARGET}"


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_the_gateway_records_the_agent_and_its_address(file, url):
    """It uses User-Agent, and behind a trusted balancer the original address instead of the balancer's."""
    trusted = (ipaddress.ip_network("127.0.0.1/32"),)
    with gateway(url.removesuffix(TARGET), trusted_proxies=trusted) as served:
        ask(
            served,
            get(
                TARGET,
                "X-Forwarded-For: 203.0.113.9",
                "User-Agent: terraform/1.4",
                "Authorization: Bearer x",
            ),
        )
        until(lambda: len(lines(file)) == 2, "the call was written down")
    line = lines(file)[1]
    assert line["agent"] == "terraform/1.4"
    assert line["peer"] == "203.0.113.9"
    assert "file" not in line


def test_other_calls_are_not_recorded(file, url):
    """A call of a flex endpoint writes no line."""
    flex = url.replace("/serverless/", "/flexClusters/")
    httpx.get(flex)
    requests.get(flex, timeout=10).close()
    assert not file.exists()
