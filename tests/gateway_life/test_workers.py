"""Several processes on one port: they share calls, are replaced, obey together, and are counted as one."""

import contextlib
import json
import os
import re
import signal
import socket
import threading
from pathlib import Path

import attrs
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway_life.conftest import Running
from tests.gateway_life.test_drain import Load, _slow
from tests.peers.raw import Peer, raw_upstream, reply, replying, until
from tests.peers.served import At, ask, calling, get, status_of


@attrs.frozen
class Several:
    """A gateway of several processes: the supervisor, its workers' ids, where calls and pages are."""

    running: Running
    pids: tuple[int, ...]
    served: At
    admin: At

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to the supervisor, and return its exit code."""
        self.running.process.send_signal(number)
        return self.running.process.wait(30)

    def metric(self, name: str) -> float | None:
        """Return the sum of a metric's series, None when there is none."""
        text = ask(self.admin, get("/metrics"))[1].decode()
        values = [
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name
        ]
        return sum(values) if values else None

    def shown(self) -> int:
        """Return how many calls of the last hour the status has."""
        host = self.admin.url.removeprefix("http://")
        return sum(one["calls"] for one in json.loads(ask(self.admin, get("/status.json", host=host))[1])["hour"])

    @contextlib.contextmanager
    def alone(self, pid: int):
        """Have one worker take all calls, for the length of a ``with`` block."""
        others = [one for one in self.pids if one != pid]
        for one in others:
            os.kill(one, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in others:
                os.kill(one, signal.SIGCONT)


@pytest.fixture
def several(serve, port):
    """Return a function that starts a gateway of two workers with these words."""

    def start(*words, **how):
        running = serve("--admin", f"127.0.0.1:{port}", "--workers", "2", *words, **how)
        said = ""
        while not (at := re.search(r"takes calls at (\S+)", said)) or len(pids := _pids(said)) < 2:
            running.logged("takes calls")
            said = "".join(running.seen)
        return Several(running, pids, At(at[1]), At(f"http://127.0.0.1:{port}"))

    return start


def _pids(said: str) -> tuple[int, ...]:
    return tuple(int(pid) for pid in re.findall(r"worker (\d+) takes calls", said))


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with contextlib.suppress(FileNotFoundError):  # what nobody has waited for yet
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def test_every_worker_takes_calls_and_all_are_counted(several):
    """Each answers when the other doesn't, and the one page adds up what they did to the last call."""
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin)
        for pid in gateway.pids:
            with gateway.alone(pid):
                for _ in range(7):
                    assert ask(gateway.served, get("/x"))[1] == b"hi"
        until(lambda: gateway.metric("atlas_shim_requests_total") == 14, "each call is counted once")
        assert gateway.shown() == 14
        assert gateway.metric("atlas_shim_workers") == 2
        assert gateway.metric("atlas_shim_in_flight_requests") == 0
        assert gateway.metric("atlas_shim_config_reload_success") == 1
        assert gateway.end() == 0
    assert all(_gone(pid) for pid in gateway.pids)


def test_what_upstream_announces_is_the_same_for_all(several):
    """A date that moved is the one in force as soon as one worker has seen it, on the page and in the metrics."""
    before = reply(b"{}", "Sunset: Wed, 1 Sep 2027 00:00:00 GMT")
    with replying(before, before, reply(b"{}", "Sunset: Thu, 1 Jul 2027 00:00:00 GMT")) as upstream:
        gateway = several("--upstream", upstream.origin)
        for pid in gateway.pids:
            with gateway.alone(pid):
                for _ in range(2):
                    ask(gateway.served, get("/api/atlas/v2/groups/0123456789abcdef01234567/backup/exportBuckets"))
        until(lambda: gateway.metric("atlas_shim_announced_calls_total") == 4, "each reply is counted once")
        assert gateway.metric("atlas_shim_announced_sunset_timestamp_seconds") == 1814400000
        host = gateway.admin.url.removeprefix("http://")
        (one,) = json.loads(ask(gateway.admin, get("/status.json", host=host))[1])["announced"]
        assert (one["sunset"], one["calls"]) == ("2027-07-01T00:00:00Z", 4)
        assert gateway.end() == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="without /proc nobody sees who has a connection")
def test_burst_of_connections_is_shared(several):
    """Connections live long, so no worker may get them all."""
    gateway = several("--upstream", "http://127.0.0.1:1")
    held = [Path(f"/proc/{pid}/fd") for pid in gateway.pids]
    before = [len(list(one.iterdir())) for one in held]
    with contextlib.ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(calling(gateway.served))

        def taken() -> list[int]:
            return [len(list(one.iterdir())) - number for one, number in zip(held, before, strict=True)]

        until(lambda: sum(taken()) >= 64, "all are taken")
        assert min(taken()) >= 8


def test_killed_worker_is_replaced(several):
    """Calls go on meanwhile, its counts stay, and that it happened is counted and logged."""
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin)
        for _ in range(5):
            ask(gateway.served, get("/x"))
        until(lambda: gateway.metric("atlas_shim_requests_total") == 5, "they are counted")
        os.kill(gateway.pids[0], signal.SIGKILL)
        for _ in range(5):
            assert ask(gateway.served, get("/x"))[1] == b"hi"
        gateway.running.logged(f"worker {gateway.pids[0]} ended with -9")
        new = int(gateway.running.logged(r"worker (\d+) takes calls")[1])
        assert new not in gateway.pids
        assert gateway.metric("atlas_shim_workers_replaced_total") == 1
        until(lambda: gateway.metric("atlas_shim_requests_total") == 10, "what it counted still counts")
        assert gateway.shown() == 10
        with attrs.evolve(gateway, pids=(gateway.pids[1], new)).alone(new):
            assert ask(gateway.served, get("/x"))[1] == b"hi"
        assert gateway.end() == 0


def test_worker_that_hangs_holds_no_page_up(several):
    """Its last counts stand in, and the page says so."""
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin)
        with gateway.alone(gateway.pids[0]):
            ask(gateway.served, get("/x"))
            until(lambda: gateway.metric("atlas_shim_requests_total") == 1, "it is counted")
            assert gateway.metric("atlas_shim_workers_silent") == 1
            assert ask(gateway.admin, get("/readyz"))[1] == b"ok\n"
        until(lambda: gateway.metric("atlas_shim_workers_silent") == 0, "it is back")


@pytest.mark.parametrize("minimum", ["0", "0.3"])
def test_signal_under_load_loses_nothing(several, minimum):
    """Kept connections and new ones, all busy, on both workers: each call that was taken has its answer."""
    with raw_upstream(_slow) as upstream:
        gateway = several("--upstream", upstream.origin, "--drain-min", minimum)
        load = Load(gateway.served, kept=16, new=8)
        until(lambda: load.answered > 200, "the load is on")
        gateway.running.process.send_signal(signal.SIGTERM)
        load.join()
        assert gateway.running.process.wait(30) == 0
        assert load.lost == []


def test_one_worker_that_ends_loses_nothing(several):
    """SIGTERM to a worker lets its calls end; another takes its place."""
    with raw_upstream(_slow) as upstream:
        gateway = several("--upstream", upstream.origin)
        load = Load(gateway.served, kept=8, new=4)
        until(lambda: load.answered > 100, "the load is on")
        os.kill(gateway.pids[0], signal.SIGTERM)
        gateway.running.logged(f"worker {gateway.pids[0]} ended with 0")
        gateway.running.logged(r"worker \d+ takes calls")
        answered = load.answered
        until(lambda: load.answered > answered + 100, "the load goes on")
        gateway.running.process.send_signal(signal.SIGTERM)
        load.join()
        assert gateway.running.process.wait(30) == 0
        assert load.lost == []


@pytest.mark.parametrize("hup", [True, False])
def test_change_of_a_file_reaches_all(several, tmp_path, hup):
    """Each worker answers by the new settings, after SIGHUP or by itself; a broken file changes none of them."""
    config = tmp_path / "shim.toml"
    config.write_text("")
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin, "--config", str(config))

        def change(text: str, said: str) -> None:
            config.write_text(text)
            if hup:
                gateway.running.process.send_signal(signal.SIGHUP)
            gateway.running.logged(said)

        def statuses() -> list[int]:
            found = []
            for pid in gateway.pids:
                with gateway.alone(pid):
                    found.append(status_of(ask(gateway.served, get("/x"))[0]))
            return found

        assert statuses() == [200, 200]
        change('public_url = "https://other.test"\n', "reloaded")
        until(lambda: statuses() == [421, 421], "the Host is none of theirs")
        change("public_url = ", "reload refused")
        assert statuses() == [421, 421]
        assert gateway.metric("atlas_shim_config_reload_success") == 0
        change("", "reloaded")
        until(lambda: statuses() == [200, 200], "it is as it was")
        assert gateway.metric("atlas_shim_config_reload_success") == 1


def test_new_worker_has_the_settings_of_the_others(several, tmp_path):
    """One that starts while the file is broken takes calls by the last good settings."""
    config = tmp_path / "shim.toml"
    config.write_text('public_url = "https://other.test"\n')
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin, "--config", str(config))
        config.write_text("public_url = ")
        gateway.running.logged("reload refused")
        os.kill(gateway.pids[0], signal.SIGKILL)
        new = int(gateway.running.logged(r"worker (\d+) takes calls")[1])
        with attrs.evolve(gateway, pids=(gateway.pids[1], new)).alone(new):
            assert status_of(ask(gateway.served, get("/x"))[0]) == 421


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_signals_for_reopening_logs_change_nothing(several, number):
    """Neither for the supervisor nor for a worker."""
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin)
        for pid in (gateway.running.process.pid, *gateway.pids):
            os.kill(pid, number)
        assert ask(gateway.served, get("/x"))[1] == b"hi"
        assert gateway.end() == 0


def test_workers_end_without_their_supervisor(several):
    """Where it was killed, nobody could end them in order."""
    gateway = several("--upstream", "http://127.0.0.1:1")
    gateway.running.process.kill()
    until(lambda: all(_gone(pid) for pid in gateway.pids), "they have ended")


def test_second_signal_cuts_what_is_left(several):
    """A call that would hold the end up for minutes is cut, wherever it is."""
    arrived = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        arrived.set()
        peer.some()

    with raw_upstream(script) as upstream:
        gateway = several("--upstream", upstream.origin, "--drain", "600")
        with calling(gateway.served) as caller:
            caller.send(get("/x"))
            assert arrived.wait(10)
            gateway.running.process.send_signal(signal.SIGTERM)
            gateway.running.logged("drains after")
            assert gateway.end() == 0
            assert b"200 OK" not in caller.rest()


def test_quitquitquit_ends_all(several):
    """The one way out is the supervisor's, and lets calls in flight end."""
    arrived, answer = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        arrived.set()
        answer.wait(10)
        peer.send(reply(b"late"))

    with raw_upstream(script) as upstream:
        gateway = several("--upstream", upstream.origin)
        with calling(gateway.served) as caller:
            caller.send(get("/x"))
            assert arrived.wait(10)
            host = gateway.admin.url.removeprefix("http://")
            for _ in range(2):
                assert ask(gateway.admin, get("/quitquitquit", method="POST", host=host))[1] == b"draining\n"
            until(lambda: status_of(ask(gateway.admin, get("/readyz"))[0]) == 503, "it says so")
            answer.set()
            assert caller.message()[1] == b"late"
        assert gateway.running.process.wait(30) == 0


def test_unix_socket_is_shared_too(several, tmp_path):
    """Each worker answers there, and the name is gone at the end."""
    path = tmp_path / "calls"
    with replying(reply(b"hi")) as upstream:
        gateway = several("--upstream", upstream.origin, "--uds", str(path))
        for pid in gateway.pids:
            with gateway.alone(pid), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                peer = Peer(connection)
                peer.send(get("/x"))
                assert peer.message()[1] == b"hi"
        assert gateway.end() == 0
    assert not path.exists()


def test_bad_settings_are_told_once(serve):
    """The supervisor finds them, before there is a worker; the exit code is that of one process."""
    running = serve("--workers", "2", "--credentials", "own")
    assert running.process.wait(30) == 2
    running.logged("credentials")
    until(lambda: "".join([*running.seen, *running.lines.queue]).count("\n") == 1, "one line says it")


def test_address_that_is_taken_is_told_once(serve, port):
    """As for one process: one line, and exit code 2."""
    with socket.create_server(("127.0.0.1", port)):
        running = serve("--workers", "2", "--listen", f"127.0.0.1:{port}", "--admin", "off")
        assert running.process.wait(30) == 2
        running.logged(f"can't listen on 127.0.0.1:{port}")
