"""The inventory is written next to the calls: in order, completely, and without delaying a call."""

import asyncio
import json
import os
import threading
import time
import tracemalloc

from shim.core.recognize import shared_engine
from shim.gateway import radar_inventory
from shim.gateway.logs import CallLine
from shim.gateway.radar_inventory import RadarInventory
from tests.gateway.test_fields import RECORD
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.raw import PATIENCE, reply, replying
from tests.peers.served import ask, gateway, get, status_of


class Disk:
    """A disk for the test: it stores its records, and can be blocked."""

    def __init__(self, monkeypatch):
        self.records = list[dict[str, object]]()
        self.threads: set[str] = set()
        self.taken = threading.Event()
        self.turns = threading.Event()
        monkeypatch.setattr(radar_inventory, "write", self.write)

    def write(self, entry, *_):
        """Store the entry of a call, when the disk is not blocked."""
        made = entry()
        if "started" in made:
            return
        self.taken.set()
        self.turns.wait(PATIENCE)
        self.threads.add(threading.current_thread().name)
        self.records.append(made)


def add(writer: RadarInventory) -> None:
    writer.add(
        RECORD, CallLine("GET", "/", "127.0.0.1", "id", shared_engine(os.environ))
    )


async def test_calls_are_written_in_order_with_their_time(tmp_path):
    """A line has the time of its call, not of its writing; waiting lines are written at the end."""
    path = tmp_path / "calls.jsonl"
    times = iter(range(0, 30000, 1000))
    writer = RadarInventory(
        {"ATLAS_SHIM_INVENTORY": str(path)}, lambda: float(next(times))
    )
    for number in range(30):
        add(writer)
        if number % 10 == 0:
            await asyncio.sleep(0)
    await writer.flush()
    lines = [json.loads(line)["time"] for line in path.read_text().splitlines()]
    assert len(lines) == 30
    assert lines == sorted(lines)
    assert lines[0] == "1970-01-01T00:00:00Z"
    assert lines[-1] == "1970-01-01T08:03:20Z"


async def test_waiting_entries_are_short(monkeypatch):
    """A long User-Agent is cut before it waits for the disk."""
    disk = Disk(monkeypatch)
    writer = RadarInventory({"ATLAS_SHIM_INVENTORY": "calls.jsonl"}, time.time)
    tracemalloc.start()
    for number in range(500):
        agent = f"{number}" + "x" * 60_000
        writer.add(
            RECORD,
            CallLine(
                "GET", "/", "127.0.0.1", "id", shared_engine(os.environ), agent=agent
            ),
        )
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    disk.turns.set()
    await writer.flush()
    assert held < 2_000_000


async def test_nothing_is_omitted_silently(monkeypatch, caplog):
    """A limited number of calls waits for a blocked disk; others are counted, and the log has the number."""
    disk = Disk(monkeypatch)
    monkeypatch.setattr(radar_inventory, "MAX_WAITING", 3)
    monkeypatch.setattr(radar_inventory, "_PATIENCE", 0.01)
    writer = RadarInventory({"ATLAS_SHIM_INVENTORY": "calls.jsonl"}, lambda: 0.0)
    add(writer)
    await asyncio.to_thread(disk.taken.wait, PATIENCE)
    for _ in range(5):
        add(writer)
    assert caplog.text.count("inventory writes cannot keep up") == 1
    await writer.flush()
    assert "the inventory lacks 5 calls" in caplog.text
    disk.turns.set()
    monkeypatch.setattr(radar_inventory, "_PATIENCE", 10.0)
    caplog.clear()
    await writer.flush()
    assert len(disk.records) == 4
    assert "the inventory lacks 2 calls" in caplog.text


def test_no_call_waits_for_the_disk(monkeypatch):
    """Responses arrive while the disk is blocked; at the end another thread has written everything."""
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", "calls.jsonl")
    disk = Disk(monkeypatch)
    callers: set[str] = set()
    add = RadarInventory.add

    def added(*args):
        callers.add(threading.current_thread().name)
        add(*args)

    monkeypatch.setattr(RadarInventory, "add", added)
    with replying(reply(EMPTY)) as upstream, gateway(upstream.origin) as served:
        for _ in range(3):
            assert status_of(ask(served, get(V1))[0]) == 200
        assert disk.records == []
        disk.turns.set()
    assert [made["operation"] for made in disk.records] == [
        "listServerlessBackupSnapshots"
    ] * 3
    assert callers
    assert callers.isdisjoint(disk.threads)


def test_the_start_is_recorded(tmp_path, monkeypatch):
    """So an inventory without calls shows since when there were none."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("ATLAS_SHIM_INVENTORY", str(path))
    with replying(reply(EMPTY)) as upstream, gateway(upstream.origin):
        pass
    (line,) = path.read_text().splitlines()
    assert json.loads(line)["started"] == "gateway"
