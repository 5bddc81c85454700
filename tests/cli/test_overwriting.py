"""Restores ask before they overwrite a cluster, where there is somebody to ask."""

import os
import pty
import subprocess
import sys

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP

AT = (DEMO_GROUP, DEMO_CLUSTER)


def order(atlas, *more):
    snapshot = atlas.fake.cluster(*AT).snapshots[-1]["id"]
    words = ("restores", "create", *AT, "--delivery-type", "automated", "--snapshot", snapshot)
    return (*words, "--target-cluster", DEMO_DEDICATED, *more)


def shared(atlas, *more):
    snapshot = atlas.fake.cluster(*AT).snapshots[-1]["id"]
    words = ("shared-tier-restores", "create", *AT, "--snapshot", snapshot)
    return (*words, "--target-cluster", DEMO_DEDICATED, *more)


def typed(answer, *words):
    """Run the command with a terminal as stdin, type an answer, and return exit code and stderr."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "shim", *words],
        stdin=inner,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(inner)
    os.write(outer, answer)
    said = process.communicate(timeout=60)[1]
    os.close(outer)
    return process.returncode, said


def orders(atlas):
    return len(atlas.fake.trips("POST", "/"))


@pytest.mark.parametrize("words", [order, shared])
def test_a_terminal_is_asked_and_told_cluster_and_project(atlas, words):
    """Yes sends the order."""
    code, said = typed(b"y\n", *words(atlas))
    assert code == 0, said
    assert f"overwrites all data of the cluster {DEMO_DEDICATED} in the project {DEMO_GROUP}" in said
    assert orders(atlas) == 1


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04"])
def test_anything_but_yes_sends_nothing(atlas, answer):
    """No is what a hasty hand gets; the end of input is no, too."""
    code, said = typed(answer, *order(atlas))
    assert code == 1
    assert "nothing was sent" in said
    assert orders(atlas) == 0


def test_the_project_of_the_target_is_named(atlas):
    """It is the one whose data is lost."""
    _, said = typed(b"n\n", *order(atlas, "--target-group", "0" * 24))
    assert f"in the project {'0' * 24}" in said


@pytest.mark.parametrize("words", [order, shared])
def test_yes_asks_nobody(run, atlas, words):
    """A script that means it says so, and nothing more is told."""
    done = run(*words(atlas, "--yes", "-o", "json"))
    assert done.exit_code == 0
    assert "overwrites" not in done.stderr
    assert orders(atlas) == 1


def test_a_script_that_exists_goes_on_and_is_told(run, atlas):
    """Without a terminal there is nobody to ask."""
    done = run(*order(atlas, "-o", "json"))
    assert done.exit_code == 0
    assert "overwrites all data" in done.stderr
    assert "--yes" in done.stderr


def test_a_download_overwrites_nothing(atlas):
    """So it does not ask."""
    snapshot = atlas.fake.cluster(*AT).snapshots[-1]["id"]
    code, said = typed(b"n\n", "restores", "create", *AT, "--delivery-type", "download", "--snapshot", snapshot)
    assert code == 0
    assert "overwrites" not in said
