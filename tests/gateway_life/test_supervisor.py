"""The supervisor itself, with workers that do not start or do not answer."""

import asyncio
import contextlib
import json
import os
import pickle
import signal
import socket
import sys

import attrs
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shim.core.recognise import shared_engine
from shim.errors import SettingsError
from shim.gateway import Options
from shim.gateway.in_flight import InFlight
from shim.gateway.logs.calls import CallLine
from shim.gateway.metrics import Metrics
from shim.gateway.options import read_options
from shim.gateway.processes import channel, supervisor
from shim.gateway.processes.channel import Channel
from shim.gateway.processes.serving import run
from shim.gateway.processes.sums import add, lasting, page, tell, told_by_worker
from shim.gateway.processes.supervisor import StartError, Supervisor
from tests.gateway.test_signing import PATH
from tests.peers.raw import PATIENCE
from tests.peers.served import LOOPBACK

OPTIONS = Options(listen=LOOPBACK, admin=None, upstream="http://127.0.0.1:1", workers=2)


def _supervisor(options: Options = OPTIONS) -> Supervisor:
    return Supervisor(options, shared_engine({}))


async def _comes(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running():
    """Yield a supervisor whose workers all take calls."""
    one = _supervisor()
    await one.start()
    try:
        await _comes(lambda: _pids(one) and len(_pids(one)) == 2)
        yield one
    finally:
        await one.drain(asyncio.sleep(60))


def _pids(one: Supervisor) -> set[int]:
    return {worker.process.pid for worker in one._workers if worker.ready}


async def test_worker_that_ends_at_once_ends_the_start(monkeypatch):
    """There is no use in trying again what has never worked: the exit code is the worker's."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(StartError, match="exit code 1"):
        await _supervisor().start()
    assert await run(OPTIONS, shared_engine({})) == 1


async def test_program_that_is_not_there_ends_the_start(monkeypatch, caplog):
    """What the system says is told."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(StartError):
        await _supervisor().start()
    assert "No such file" in caplog.text


async def test_failures_later_are_tried_again(monkeypatch, caplog):
    """A worker that can't be replaced now is replaced when it can, with growing pauses; the others go on."""
    async with running() as one:
        before = _pids(one)
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", "/bin/false")
            os.kill(min(before), signal.SIGKILL)
            await _comes(lambda: caplog.text.count("ended with 1\n") >= 2)
            assert _pids(one) == before - {min(before)}
        await _comes(lambda: len(_pids(one)) == 2)


async def test_stuck_worker_is_killed(monkeypatch):
    """One that has not answered for long is replaced."""
    async with running() as one:
        before = _pids(one)
        monkeypatch.setattr(supervisor, "EVERY", 0.2)
        monkeypatch.setattr(supervisor, "STUCK", 2.0)
        os.kill(min(before), signal.SIGSTOP)
        await _comes(lambda: len(_pids(one) - before) == 1)
        assert min(before) not in _pids(one)


async def test_worker_that_does_not_end_is_killed(monkeypatch, caplog):
    """The end takes no longer for one that hangs than it may."""
    monkeypatch.setattr(supervisor, "_TIDY", 0.2)
    one = _supervisor(attrs.evolve(OPTIONS, drain=0.2))
    await one.start()
    await _comes(lambda: len(_pids(one)) == 2)
    os.kill(min(_pids(one)), signal.SIGSTOP)
    await one.drain(asyncio.sleep(60))
    assert "does not end" in caplog.text


def test_useless_settings_are_told_before_there_is_a_worker():
    """As a gateway of one process tells them."""
    with pytest.raises(SettingsError):
        _supervisor(attrs.evolve(OPTIONS, tls_cert="/no/such/file"))


def test_each_worker_has_its_part_of_the_limits():
    """All together hold what was asked for, or a little more."""
    options = read_options({"ATLAS_SHIM_WORKERS": "3", "ATLAS_SHIM_MAX_CONNECTIONS": "100"})
    part = options.part()
    assert (part.max_connections, part.max_requests, part.body_limit) == (34, 171, options.body_limit)
    assert Options().part() == Options()


def test_documents_and_options_cross_to_another_process():
    """They are values all through."""
    documents, options = shared_engine({}).documents, read_options({"ATLAS_SHIM_SUNSET": "snapshots=2026-02-01"})
    assert pickle.loads(pickle.dumps((options, documents))) == (options, documents)


def test_sums_of_counters_histograms_and_gauges():
    """Each series is the sum of its like, and what the supervisor counts is not a worker's to tell."""
    first, second = Metrics(InFlight()), Metrics(InFlight())
    for one, status in ((first, 200), (second, 200), (second, 503)):
        line = CallLine("GET", "/x", "", "", shared_engine({}))
        line.answered(status)
        one.calls.count(line, whole=True)
        one.shared("listX")
    told = [json.loads(told_by_worker(one.registry)) for one in (first, second)]
    assert not any("config" in family[0] for family in told[0])
    text = page(add([tell(Metrics(InFlight()).registry), *told])).decode()
    found = {
        (sample.name, sample.labels.get("status_class")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["atlas_shim_requests_total", "2xx"] == 2
    assert found["atlas_shim_requests_total", "5xx"] == 1
    assert found["atlas_shim_coalesced_total", None] == 3
    assert found["atlas_shim_config_reload_success", None] == 1


def test_gauges_end_with_their_process():
    """Calls that were in flight in a worker that is gone are in flight no more."""
    in_flight = InFlight()
    metrics = Metrics(in_flight)
    in_flight.begin("127.0.0.1", Options())
    names = [family[0] for family in lasting(tell(metrics.registry))]
    assert "atlas_shim_in_flight_requests" not in names
    assert "atlas_shim_requests" in names


async def test_channel_ends_with_its_other_end():
    """Nothing, half a message and too much are all the end."""
    for said in (b"", b"M\0\0\0\x05abc", b"M\xff\xff\xff\xff"):
        ours, theirs = socket.socketpair()
        one = await Channel.over(ours)
        with theirs:
            theirs.sendall(said)
        assert await one.hear() is None
        one.say(channel.METRICS)
        await one.close()
        one.say(channel.METRICS)


@attrs.frozen
class Ends:
    """A certificate that ends at an instant."""

    end: float

    def expiries(self):
        """Return it by side."""
        return {"listener": self.end}


def test_dates_and_facts_are_not_added_up():
    """Two workers with one version are one; the last call of either is the last, and the first end of a certificate."""
    told = []
    for moment, end in ((50.0, 900.0), (70.0, 800.0)):
        one = Metrics(InFlight())
        one.state.certificates = Ends(end)  # type: ignore[assignment]  # what is asked of it
        line = CallLine("GET", "/x", "", "", shared_engine({}), began=moment)
        line.match = shared_engine({}).recognise("GET", PATH, ())
        one.calls.count(line, whole=True)
        told.append(json.loads(told_by_worker(one.registry)))
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(page(add(told)).decode())
        for sample in family.samples
    }
    assert found["atlas_shim_build_info"] == 1
    assert found["atlas_shim_last_retired_call_timestamp_seconds"] == 70
    assert found["atlas_shim_tls_certificate_not_after_timestamp_seconds"] == 800


def test_last_call_outlives_its_worker():
    """A worker that is replaced takes its certificate with it, and not the moment of its last call."""
    metrics = Metrics(InFlight())
    metrics.state.certificates = Ends(900.0)  # type: ignore[assignment]  # what is asked of it
    names = {family[0] for family in lasting(tell(metrics.registry))}
    assert "atlas_shim_last_retired_call_timestamp_seconds" in names
    assert not {"atlas_shim_tls_certificate_not_after_timestamp_seconds", "atlas_shim_build"} & names
