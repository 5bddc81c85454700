"""The folders of killed runs are removed by the next run; those of other users and of live runs stay."""

import os
import subprocess
import sys
import time

import pytest

from shim.run.folders import make_folder, remove_dead

MAKES = "import sys; from pathlib import Path; from shim.run.folders import *; print(make_folder(Path(sys.argv[1]))[0])"


@pytest.fixture
def dead(tmp_path):
    """The folder of a process that has ended, an hour old."""
    done = subprocess.run(
        [sys.executable, "-c", MAKES, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    folder = tmp_path / done.stdout.strip()
    (folder / "python").mkdir()
    aged(folder)
    return folder


def aged(folder):
    hour_ago = time.time() - 3600
    os.utime(folder, (hour_ago, hour_ago))


def test_a_dead_run_s_folder_is_removed(dead, tmp_path):
    """So is everything in it."""
    remove_dead(tmp_path)
    assert not dead.exists()


def test_the_folder_of_a_live_run_stays(tmp_path):
    """Its lock is held, by this process or one that inherited it."""
    folder, lock = make_folder(tmp_path)
    aged(folder)
    remove_dead(tmp_path)
    assert folder.exists()
    os.close(lock)
    remove_dead(tmp_path)
    assert not folder.exists()


def test_a_new_folder_stays(tmp_path):
    """A run may have created it and not locked it yet."""
    folder, lock = make_folder(tmp_path)
    os.close(lock)
    remove_dead(tmp_path)
    assert folder.exists()


@pytest.mark.parametrize("kind", ["link", "file", "other name"])
def test_anything_other_than_a_run_s_folder_stays(dead, tmp_path, kind):
    """A link could lead to any folder."""
    target = tmp_path / "precious"
    dead.rename(target)
    if kind == "link":
        dead.symlink_to(target)
    elif kind == "file":
        dead.write_text("x")
        aged(dead)
    remove_dead(tmp_path)
    assert target.exists()
    assert dead.is_symlink() == (kind == "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_user_s_folder_stays(dead, tmp_path):
    """Root could remove it, and does not."""
    os.chown(dead, 65534, 65534)
    remove_dead(tmp_path)
    assert dead.exists()
