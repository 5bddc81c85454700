"""Whoever reads the log slowly, or not at all, holds nobody up."""

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import threading

import pytest

from shim.gateway.logs.lines import LogLines, apart, dropped
from tests.gateway_life.conftest import clean_environ
from tests.peers.ports import free_port
from tests.peers.raw import reply, replying, until
from tests.peers.served import At, ask, get, status_of


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("shim", logging.INFO, __file__, 0, text, (), None)


@contextlib.contextmanager
def pipe():
    """Yield both ends of a pipe that holds one page; what a test has closed itself is left alone."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    try:
        yield reading, writing
    finally:
        for end in (reading, writing):
            with contextlib.suppress(OSError):
                os.close(end)


def fill(writing: int) -> None:
    """Write until nothing more fits."""
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"." * 512)
    os.set_blocking(writing, True)


class Reader:
    """Reads a pipe to its end in a thread."""

    def __init__(self, reading: int):
        self.text = b""
        self.reading = reading
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while some := os.read(self.reading, 65536):
            self.text += some


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes of one page are Linux'")
def test_full_log_does_not_stop_the_gateway(port):
    """A process whose log nobody reads answers probes and calls, ends when it is told, and says what it lost."""
    with replying(reply(b"hi")) as upstream, pipe() as (reading, writing):
        fill(writing)
        admin = At(f"http://127.0.0.1:{free_port()}")
        served = At(f"http://127.0.0.1:{port}")
        words = ("--listen", f"127.0.0.1:{port}", "--upstream", upstream.origin, "--admin", admin.url[7:])
        with subprocess.Popen(
            [sys.executable, "-m", "shim", "serve", *words], env=clean_environ(), stderr=writing
        ) as process:
            try:
                until(lambda: _answers(served), "calls are taken")
                assert all(status_of(ask(served, get("/x/../y"))[0]) == 400 for _ in range(50))
                assert ask(served, get("/x"))[1] == b"hi"
                assert ask(admin, get("/livez"))[1] == b"ok\n"
                reader = Reader(reading)
                until(lambda: reader.text.count(b"SHIM_") >= 50, "the lines that waited are read")
                process.terminate()
                assert process.wait(30) == 0
            finally:
                process.kill()


def _answers(served: At) -> bool:
    try:
        ask(served, get("/x"))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes of one page are Linux'")
def test_lines_are_dropped_and_counted():
    """What does not fit is counted, and the count is written when the reader is back."""
    before = dropped()
    with pipe() as (reading, writing):
        fill(writing)
        lines = LogLines(writing, most=10)
        for number in range(50):
            lines.emit(_record(f"line {number}"))
        lost = dropped() - before
        assert 39 <= lost <= 40  # one line may be in the writer's hands
        reader = Reader(reading)
        lines.finish(30)
        os.close(writing)
        reader.thread.join(30)
    written = reader.text.lstrip(b".").decode().splitlines()
    said = [line for line in written if f"{lost} log lines were dropped" in line]
    assert len(said) == 1
    assert [line for line in written if line not in said] == [f"line {number}" for number in range(50 - lost)]


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes of one page are Linux'")
def test_the_end_does_not_wait_for_a_reader():
    """A full queue and a full pipe hold the end up for as long as it was told to be patient, and no longer."""
    with pipe() as (_, writing):
        fill(writing)
        lines = LogLines(writing, most=1)
        for _ in range(5):
            lines.emit(_record("line"))
        lines.finish(0.05)


def test_reader_that_is_gone_is_no_error():
    """A closed pipe swallows lines."""
    with pipe() as (reading, writing):
        os.close(reading)
        lines = LogLines(writing)
        lines.emit(_record("line"))
        lines.finish(30)
        assert not lines._thread.is_alive()


def test_descriptor_that_does_not_block_loses_nothing():
    """Another program that shares the terminal may have made it non-blocking."""
    with pipe() as (reading, writing):
        os.set_blocking(writing, False)
        lines = LogLines(writing)
        for _ in range(200):
            lines.emit(_record("x" * 100))
        reader = Reader(reading)
        lines.finish(30)
        os.close(writing)
        reader.thread.join(30)
    assert reader.text == (b"x" * 100 + b"\n") * 200


def test_record_that_cannot_be_formatted_is_told(capsys):
    """It is logging's own complaint, and the next line is written."""
    with pipe() as (reading, writing):
        lines = LogLines(writing)
        lines.emit(logging.LogRecord("shim", logging.INFO, __file__, 0, "%d", ("word",), None))
        lines.emit(_record("next"))
        lines.finish(30)
        assert os.read(reading, 100) == b"next\n"
    assert "Logging error" in capsys.readouterr().err


def test_only_the_handler_of_stderr_is_replaced(monkeypatch):
    """Handlers of other kinds stay, and all is as before at the end."""
    with pipe() as (reading, writing), os.fdopen(os.dup(writing), "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        root, own, other = logging.getLogger(), logging.StreamHandler(stderr), logging.NullHandler()
        own.setFormatter(logging.Formatter("said %(message)s"))
        root.addHandler(own)
        root.addHandler(other)
        try:
            before = list(root.handlers)
            with apart():
                assert own not in root.handlers
                assert other in root.handlers
                logging.getLogger("shim.test").warning("hello")
            assert sorted(map(id, root.handlers)) == sorted(map(id, before))
        finally:
            root.removeHandler(own)
            root.removeHandler(other)
        assert os.read(reading, 100) == b"said hello\n"


def test_stderr_that_is_no_file_stays(monkeypatch):
    """A program that put something else there keeps its handler."""
    monkeypatch.setattr(sys, "stderr", None)
    before = list(logging.getLogger().handlers)
    with apart():
        assert logging.getLogger().handlers == before
