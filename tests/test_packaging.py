"""What is built is what was tested: the wheel carries the mappings, and the versions agree."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import shim

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Build the wheel from the tree, with the build tool that is installed for the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_the_mappings(wheel):
    """Every mapping document of the checkout is in the wheel, under the package."""
    names = set(zipfile.ZipFile(wheel).namelist())
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mappings").rglob("*.toml")}
    assert documents
    assert {f"shim/{name}" for name in documents} <= names


def test_the_wheel_switches_nothing_on_by_itself(wheel):
    """No .pth file rides along: nothing runs in programs that did not ask for it."""
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".pth", ".start"))]


def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    """From the unpacked wheel alone, a legacy call is recognised."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import shim.core.recognise as e; assert e.__file__.startswith({str(tmp_path)!r}), e.__file__; "
        "engine = e.load_engine({}); "
        "print(engine.recognise('GET', '/api/atlas/v2/groups/a/serverless/b/backup/snapshots', ()).operation.id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "listServerlessBackupSnapshots"


def test_versions_agree():
    """pyproject, the package and the CHANGELOG name the same version."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## \[?([0-9][^\]\s]*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert declared == shim.__version__ == newest[1]
