"""A slow or stopped reader of the log blocks no one (with pipes of one page, which need Linux)."""

import fcntl
import logging
import os
import subprocess
import sys
import threading
from io import FileIO
from pathlib import Path

import attrs
import pytest

from shim.gateway.log_writer import LogLines, logged
from shim.gateway.option_values import LogFormat, LogLevel
from tests.gateway.life.conftest import clean_environ
from tests.peers.ports import free_port
from tests.peers.raw import reply, replying, until
from tests.peers.served import At, ask, get, status_of

pytestmark = pytest.mark.skipif(
    not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes of one page are Linux'"
)


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("shim", logging.INFO, __file__, 0, text, (), None)


@attrs.frozen
class Ends:
    """Both ends of a pipe with one page of buffer."""

    reading: FileIO
    writing: FileIO
    seen: list[bytes] = attrs.field(factory=list)

    def fill(self) -> None:
        """Write until the pipe is full."""
        os.set_blocking(self.writing.fileno(), False)
        while self.writing.write(b"." * 512) is not None:
            pass
        os.set_blocking(self.writing.fileno(), True)

    def read(self) -> threading.Thread:
        """Read to the end, in a thread."""

        def go_on() -> None:
            while some := self.reading.read(65536):
                self.seen.append(some)

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        return thread

    @property
    def text(self) -> bytes:
        """The text that was read, without the filling."""
        return b"".join(self.seen).lstrip(b".")


@pytest.fixture
def pipe():
    """Yield a pipe, and close its ends after the last writer, because other files may get their numbers."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with (
        os.fdopen(reading, "rb", buffering=0) as one,
        os.fdopen(writing, "wb", buffering=0) as other,
    ):
        yield Ends(one, other)
        os.set_blocking(reading, False)
        for thread in threading.enumerate():
            while thread.name == "log lines" and thread.is_alive():
                one.read(65536)
                thread.join(0.01)


def _answers(served: At) -> bool:
    try:
        ask(served, get("/x"))
    except OSError:
        return False
    return True


def test_a_full_log_does_not_stop_the_gateway(port, pipe):
    """A process with an unread log answers probes and calls, ends at a signal, and reports its lost lines."""
    with replying(reply(b"hi")) as upstream:
        pipe.fill()
        admin = At(f"http://127.0.0.1:{free_port()}")
        served = At(f"http://127.0.0.1:{port}")
        words = (
            "--listen",
            f"127.0.0.1:{port}",
            "--upstream",
            upstream.origin,
            "--admin",
            admin.url[7:],
        )
        with subprocess.Popen(
            [sys.executable, "-m", "shim", "serve", *words],
            env=clean_environ(),
            stderr=pipe.writing,
        ) as process:
            try:
                until(lambda: _answers(served), "calls are taken")
                assert all(
                    status_of(ask(served, get("/x/../y"))[0]) == 400 for _ in range(50)
                )
                assert ask(served, get("/x"))[1] == b"hi"
                assert ask(admin, get("/livez"))[1] == b"ok\n"
                pipe.read()
                until(
                    lambda: pipe.text.count(b"SHIM_") >= 50,
                    "the lines that waited are read",
                )
                process.terminate()
                assert process.wait(60) == 0
            finally:
                process.kill()


def test_dropped_lines_are_counted(pipe):
    """The number is written when the reader continues."""
    before = LogLines.lost.count
    pipe.fill()
    lines = LogLines(pipe.writing.fileno(), most=10)
    for number in range(50):
        lines.emit(_record(f"line {number}"))
    lost = LogLines.lost.count - before
    assert 39 <= lost <= 40  # the writer may hold one line
    reader = pipe.read()
    lines.finish(30)
    pipe.writing.close()
    reader.join(30)
    written = pipe.text.decode().splitlines()
    said = [line for line in written if f"{lost} log lines were dropped" in line]
    assert len(said) == 1
    texts = [line.rpartition("shim: ")[2] for line in written if line not in said]
    assert texts == [f"line {number}" for number in range(50 - lost)]


def test_the_end_does_not_wait_for_a_reader(pipe):
    """A full queue and a full pipe delay the end by no more than the limit."""
    pipe.fill()
    lines = LogLines(pipe.writing.fileno(), most=1)
    for _ in range(5):
        lines.emit(_record("line"))
    lines.finish(0.05)
    assert lines._thread.is_alive()


def test_a_closed_pipe_is_not_an_error(pipe):
    """Its lines are lost."""
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), pipe.reading.fileno())
    lines = LogLines(pipe.writing.fileno())
    lines.emit(_record("line"))
    lines.finish(30)
    assert not lines._thread.is_alive()


def test_a_non_blocking_descriptor_loses_no_line(pipe):
    """Another program on the same terminal may have set the flag."""
    os.set_blocking(pipe.writing.fileno(), False)
    lines = LogLines(pipe.writing.fileno())
    for _ in range(200):
        lines.emit(_record("x" * 100))
    reader = pipe.read()
    lines.finish(30)
    pipe.writing.close()
    reader.join(30)
    assert pipe.text.count(b" INFO    shim: " + b"x" * 100 + b"\n") == 200


def test_a_record_that_cannot_be_formatted_is_counted_as_lost(pipe):
    """The next line is written."""
    lines = LogLines(pipe.writing.fileno())
    lines.emit(
        logging.LogRecord("shim", logging.INFO, __file__, 0, "%d", ("word",), None)
    )
    lines.emit(_record("next"))
    lines.finish(30)
    said = pipe.reading.read(400)
    assert b"INFO    shim: next\n" in said
    assert b"1 log lines were dropped" in said


@pytest.mark.parametrize(("form", "said"), [
    ("text", "ERROR   shim.test: hello\nTraceback (most recent call last):\n"),
    ("json", '"event":"test","message":"hello","exception":"Traceback (most recent call last):'),
])  # fmt: skip
def test_events_go_to_stderr_and_logging_is_restored(capfd, form, said):
    """They have the chosen format, with tracebacks; the program's handlers are restored."""
    before = list(logging.getLogger().handlers)
    with logged(LogLevel.INFO, LogFormat(form)):
        try:
            int("seven")
        except ValueError:
            logging.getLogger("shim.test").exception("hello")
    assert logging.getLogger().handlers == before
    written = capfd.readouterr().err
    assert said in written
    assert "ValueError: invalid literal" in written
