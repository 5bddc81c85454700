"""Files that are read again: when, what is refused, and that no file keeps the program from ending."""

import asyncio
import threading

import pytest

from shim.gateway import watch
from shim.gateway.watch import Watched


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
        return [f"{len(text)} letters"]


@pytest.fixture
def file(tmp_path):
    """A file that is watched."""
    (tmp_path / "file").write_text("a")
    return tmp_path / "file"


async def test_change_is_read_when_two_looks_agree(file, caplog):
    """The start is not a change; a change is read at the second look that finds it, and once."""
    caplog.set_level("INFO")
    seen = Seen(file)
    assert [await seen.watched.look() for _ in range(2)] == [None, None]
    file.write_text("new")
    assert [await seen.watched.look() for _ in range(3)] == [None, True, None]
    assert seen.used == ["new"]
    assert "new things in use: 3 letters" in caplog.text


async def test_file_that_is_still_written_is_not_read(file):
    """As long as each look finds another size nothing is read; what is back to what it was is not a change."""
    seen = Seen(file)
    stat = file.stat()
    for text in ("ab", "abc", "abcd"):
        file.write_text(text)
        assert await seen.watched.look() is None
    assert await seen.watched.look() is True
    assert seen.used == ["abcd"]
    assert stat.st_ino == file.stat().st_ino


async def test_files_that_change_while_they_are_read(file):
    """What was read may be half old and half new, and is read again."""
    seen = Seen(file)
    read = seen.read

    def slow():
        seen.watched.read = read
        file.write_text("newer")
        return "half"

    seen.watched.read = slow
    file.write_text("new")
    assert [await seen.watched.look() for _ in range(4)] == [None, None, None, True]
    assert seen.used == ["newer"]


async def test_read_that_hangs_is_given_up(file, caplog, monkeypatch):
    """It is said within the patience and holds up no other look; once it comes back the files are read again."""
    seen, ends = Seen(file), threading.Event()
    threads = []

    def slow():
        threads.append(threading.current_thread())
        return "late" if ends.wait(30) else ""

    seen.watched.read = slow
    file.write_text("new")
    assert await seen.watched.look() is None
    monkeypatch.setattr(watch, "PATIENCE", 0.05)
    assert await seen.watched.look() is False
    assert "was not read within 0.05 seconds" in caplog.text
    assert await seen.watched.look() is None
    seen.watched.again()
    assert [await seen.watched.look() for _ in range(2)] == [False, None]
    ends.set()
    await asyncio.to_thread(threads[0].join)
    await asyncio.sleep(0)  # what the thread has left in the loop
    monkeypatch.undo()
    assert await seen.watched.look() is True
    assert seen.used == ["late"]


async def test_defect_ends_no_watch(file, caplog, monkeypatch):
    """Whatever reading or using raises is logged with its traceback, and the next change is read."""
    monkeypatch.setattr(watch, "EVERY", 0)
    seen, refused, used = Seen(file), asyncio.Event(), asyncio.Event()

    def use(text):
        if text != "good":
            refused.set()
            raise ZeroDivisionError
        used.set()

    seen.watched.use = use
    watching = asyncio.ensure_future(watch.watch([seen.watched]))
    file.write_text("bad")
    await refused.wait()
    file.write_text("good")
    await used.wait()
    watching.cancel()
    assert "ZeroDivisionError" in caplog.text


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
