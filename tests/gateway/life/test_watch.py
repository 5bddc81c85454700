"""Watched files: when they are read, what is refused, and that no file blocks the end of the program."""

import errno
import threading
from itertools import pairwise

import pytest

from shim.errors import SettingsError
from shim.gateway import watch
from shim.gateway.watch import Watched
from tests.peers.raw import until


class Seen:
    """A watch over files, with the texts that were applied."""

    def __init__(self, *files):
        self.files = files
        self.used: list[str] = []
        self.watched = Watched("things", lambda: self.files, self.read, self.use)

    def read(self):
        """Read all files."""
        return "".join(file.read_text() for file in self.files)

    def use(self, text):
        """Record the text."""
        self.used.append(text)


@pytest.fixture
def file(tmp_path):
    """A watched file."""
    (tmp_path / "file").write_text("a")
    return tmp_path / "file"


def test_a_change_is_read_when_two_checks_agree(file, caplog):
    """The start is not a change; a change is read once, at the second check that sees it."""
    caplog.set_level("INFO")
    seen = Seen(file)
    assert [seen.watched.look() for _ in range(2)] == [None, None]
    file.write_text("new")
    assert [seen.watched.look() for _ in range(3)] == [None, True, None]
    assert seen.used == ["new"]
    assert "new things in use" in caplog.text


def test_a_file_that_is_being_written_is_not_read(file):
    """While its size changes, it is not read. A change that was reverted is none."""
    seen = Seen(file)
    stat = file.stat()
    for text in ("ab", "abc", "abcd"):
        file.write_text(text)
        assert seen.watched.look() is None
    assert seen.watched.look() is True
    assert seen.used == ["abcd"]
    assert stat.st_ino == file.stat().st_ino


def test_a_file_that_changes_during_the_read_is_read_again(file):
    """The first text may be half old and half new."""
    seen = Seen(file)
    read = seen.read

    def slow():
        seen.watched.read = read
        file.write_text("newer")
        return "half"

    seen.watched.read = slow
    file.write_text("new")
    assert [seen.watched.look() for _ in range(4)] == [None, None, None, True]
    assert seen.used == ["newer"]


def followed(seen, monkeypatch):
    """Check again and again in a thread; return a function that stops it."""
    monkeypatch.setattr(watch, "EVERY", 0)
    ended = threading.Event()
    threading.Thread(target=seen.watched.follow, args=(ended,), daemon=True).start()
    return ended


def test_a_hanging_read_is_abandoned(file, caplog, monkeypatch):
    """This is logged once, after the timeout; if the read ends later, its result is used."""
    seen = Seen(file)
    begun = threading.Event()
    ends = threading.Event()

    def slow():
        begun.set()
        return "late" if ends.wait(30) else ""

    seen.watched.read = slow
    file.write_text("new")
    seen.watched.give_up()
    ended = followed(seen, monkeypatch)
    assert begun.wait(30)
    seen.watched.give_up()
    assert not caplog.records
    monkeypatch.setattr(watch, "PATIENCE", 0)
    for _ in range(2):
        seen.watched.give_up()
    assert [record.getMessage() for record in caplog.records] == [
        "new things refused; the last valid ones stay in use: was not read within 0 seconds"
    ]
    ends.set()
    until(lambda: not seen.watched.problems, "it is in use")
    ended.set()
    assert seen.used == ["late"]


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_a_failed_read_is_repeated(file, caplog, failures):
    """A short failure of the disk does not delay a kill switch: the same file is read again."""
    caplog.set_level("INFO")
    seen = Seen(file)
    read = Seen(file).read
    left = [failures]

    def flaky():
        left[0] -= 1
        if left[0] >= 0:
            raise OSError(errno.EIO, "Input/output error")
        return read()

    seen.watched.read = flaky
    file.write_text("new")
    found = [seen.watched.look() for _ in range(2 + 2**failures)]
    assert seen.used == ["new"]
    assert True in found
    assert seen.watched.problems == ()
    assert [record.getMessage() for record in caplog.records] == [
        "new things refused; the last valid ones stay in use: [Errno 5] Input/output error", "new things in use",
    ]  # fmt: skip


def test_an_invalid_file_is_read_ever_less_often(file, caplog):
    """After one check, two, four, and finally once a minute. It is logged once; a change is read at once."""
    seen = Seen(file)
    reads = list[int]()
    looks = 0

    def bad():
        reads.append(looks)
        raise SettingsError("route: is bad")

    seen.watched.read = bad
    file.write_text("new")
    for looks in range(600):  # noqa: B007 - what it is at each read is noted
        seen.watched.look()
    assert [two - one for one, two in pairwise(reads)] == [
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        128,
        128,
    ]
    assert len(caplog.records) == 1
    seen.watched.read = seen.read
    file.write_text("newer")
    assert [seen.watched.look() for _ in range(2)] == [None, True]


def test_a_defect_does_not_end_the_watch(file, caplog, monkeypatch):
    """Errors in reading and applying are logged with their traceback, and the next change is read."""
    seen = Seen(file)
    refused = threading.Event()
    used = threading.Event()

    def use(text):
        if text != "good":
            refused.set()
            raise ZeroDivisionError
        used.set()

    seen.watched.use = use
    ended = followed(seen, monkeypatch)
    file.write_text("bad")
    assert refused.wait(30)
    file.write_text("good")
    assert used.wait(30)
    ended.set()
    assert "ZeroDivisionError" in caplog.text


def test_values_are_applied_one_at_a_time(file):
    """Options and documents make one plan; if both change, neither undoes the other."""
    one = Seen(file)
    other = Seen(file)
    seen = ["nothing"]
    waits = threading.Thread(target=other.watched.look)

    def use(_):
        waits.start()
        waits.join(0.05)  # it would be finished by then
        seen.extend(other.used)

    one.watched.use = use
    file.write_text("new")
    assert one.watched.look() is None
    assert other.watched.look() is None
    assert one.watched.look() is True
    waits.join(30)
    assert seen == ["nothing"]
    assert other.used == ["new"]


HANGS = """
import sys, threading
from shim.gateway import radar_inventory as inventory, run
inventory._PATIENCE = run._AFTER = 0.1
inventory.write = lambda *words: threading.Event().wait()
from shim.cli import main
main(["serve", *sys.argv[1:]])
"""


def test_a_hanging_thread_does_not_block_the_end(serve, tmp_path):
    """A disk that never answers blocks the inventory's writer forever; SIGTERM still ends the process."""
    running = serve(
        "--admin", "off", env={"ATLAS_SHIM_INVENTORY": str(tmp_path / "calls")}, program=("-c", HANGS)
    )  # fmt: skip
    running.calls()
    assert running.end() == 0
