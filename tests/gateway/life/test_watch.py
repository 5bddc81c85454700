"""Files that are read again: when, what is refused, and that no file keeps the program from ending."""

import errno
import threading
from itertools import pairwise

import pytest

from shim.errors import SettingsError
from shim.gateway import watch
from shim.gateway.watch import Watched
from tests.peers.raw import until


class Seen:
    """A watch over files, with the texts that were put to use."""

    def __init__(self, *files):
        self.files = files
        self.used: list[str] = []
        self.watched = Watched("things", lambda: self.files, self.read, self.use)

    def read(self):
        """Read all files."""
        return "".join(file.read_text() for file in self.files)

    def use(self, text):
        """Keep what was read."""
        self.used.append(text)


@pytest.fixture
def file(tmp_path):
    """A file that is watched."""
    (tmp_path / "file").write_text("a")
    return tmp_path / "file"


def test_change_is_read_when_two_looks_agree(file, caplog):
    """The start is not a change; a change is read at the second look that finds it, and once."""
    caplog.set_level("INFO")
    seen = Seen(file)
    assert [seen.watched.look() for _ in range(2)] == [None, None]
    file.write_text("new")
    assert [seen.watched.look() for _ in range(3)] == [None, True, None]
    assert seen.used == ["new"]
    assert "new things in use" in caplog.text


def test_file_that_is_still_written_is_not_read(file):
    """As long as each look finds another size nothing is read; what is back to what it was is not a change."""
    seen = Seen(file)
    stat = file.stat()
    for text in ("ab", "abc", "abcd"):
        file.write_text(text)
        assert seen.watched.look() is None
    assert seen.watched.look() is True
    assert seen.used == ["abcd"]
    assert stat.st_ino == file.stat().st_ino


def test_files_that_change_while_they_are_read(file):
    """What was read may be half old and half new, and is read again."""
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
    """Look again and again in a thread; returns what ends that."""
    monkeypatch.setattr(watch, "EVERY", 0)
    ended = threading.Event()
    threading.Thread(target=seen.watched.follow, args=(ended,), daemon=True).start()
    return ended


def test_read_that_hangs_is_given_up(file, caplog, monkeypatch):
    """It is said once, when the patience is over; what it brings when it comes back is used."""
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
        "new things refused, the last good stay: was not read within 0 seconds"
    ]
    ends.set()
    until(lambda: not seen.watched.problems, "it is in use")
    ended.set()
    assert seen.used == ["late"]


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_a_read_that_fails_is_no_verdict(file, caplog, failures):
    """A disk that fails for a moment does not keep a kill switch from acting: the same file is read again."""
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
        "new things refused, the last good stay: [Errno 5] Input/output error", "new things in use",
    ]  # fmt: skip


def test_what_stays_bad_is_read_seldom(file, caplog):
    """After one look, two, four, and at last once a minute; it is logged once, and a change is read at once."""
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


def test_defect_ends_no_watch(file, caplog, monkeypatch):
    """Whatever reading or using raises is logged with its traceback, and the next change is read."""
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


def test_values_are_put_to_use_one_at_a_time(file):
    """Options and documents make one plan: of two that change together neither undoes the other."""
    one = Seen(file)
    other = Seen(file)
    seen = ["nothing"]
    waits = threading.Thread(target=other.watched.look)

    def use(_):
        waits.start()
        waits.join(0.05)  # it would be through by then
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


def test_thread_that_hangs_does_not_keep_the_program(serve, tmp_path):
    """A disk that never answers hangs the inventory's writer for ever; SIGTERM ends the process all the same."""
    running = serve(
        "--admin", "off", env={"ATLAS_SHIM_INVENTORY": str(tmp_path / "calls")}, program=("-c", HANGS)
    )  # fmt: skip
    running.calls()
    assert running.end() == 0
