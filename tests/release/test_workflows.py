"""The workflows do what runs anywhere, with pinned actions and no more rights than they need."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.release.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_zizmor_finds_nothing():
    """No template injection, no kept credentials, no broad permission, no action that may change under its name."""
    program = shutil.which("zizmor") or shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("zizmor is not installed")
    command = [program, "--offline", "--no-progress", "--persona", "pedantic", str(ROOT / ".github")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_pinned_by_commit_and_says_its_version(path):
    """A tag can be moved; a commit can't, but nobody can read it."""
    used = re.findall(r"uses: (.*)", path.read_text("utf-8"))
    assert used
    assert not [line for line in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)]


def test_an_action_has_one_pin():
    """Each action is of the same commit in all workflows."""
    pins = {tuple(line.split("@")) for one in WORKFLOWS for line in re.findall(r"uses: (\S+)", one.read_text("utf-8"))}
    assert len(pins) == len({name for name, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_is_in_the_repository(path):
    """Each script that a step starts can be started on any machine."""
    scripts = re.findall(r"(?:^|[\s\"'])(\.ci/\w+)", path.read_text("utf-8"), re.MULTILINE)
    assert scripts
    assert not [name for name in scripts if not (ROOT / name).stat().st_mode & 0o100]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_host_of_a_registry_is_named(path):
    """Where an image goes is a variable of the repository."""
    assert not re.search(r"\b(?:ghcr|quay|docker|pypi|gcr)\.(?:io|org|com)\b", path.read_text("utf-8"))
