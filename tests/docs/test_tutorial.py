"""The tutorial, from the built wheel in an empty folder, in an environment that its own first commands make."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks, play

PAGE = DOCS / "tutorial" / "ten-minutes.md"


def built(target, tree, folder):
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)


@pytest.fixture
def index(tmp_path):
    """Return variables by which pip finds the wheel and what it stands on, without a package index."""
    for name in ("pip", "ensurepip", "hatchling"):
        pytest.importorskip(name)
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    built("sdist", DOCS.parent, tmp_path / "sources")
    with tarfile.open(next((tmp_path / "sources").iterdir())) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    built("wheel", next((tmp_path / "unpacked").iterdir()), tmp_path / "wheels")
    beside = tmp_path / "site-packages"  # what is installed here, but the package under test, and pip, which each has
    beside.mkdir()
    for found in Path(sysconfig.get_path("purelib")).iterdir():
        if not re.match(r"_?atlas_shim|shim$|pip\b|.*\.pth$", found.name):
            (beside / found.name).symlink_to(found)
    return {"PYTHONPATH": str(beside), "PIP_NO_INDEX": "1", "PIP_PRE": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels")}


@pytest.mark.slow
def test_the_tutorial(tmp_path, index):
    """Every block as it stands, and everything that it shows."""
    folder = tmp_path / "reader"
    folder.mkdir()
    play(PAGE, folder, environ=index)
    installed = subprocess.run(
        [folder / ".venv" / "bin" / "python", "-c", "import shim; print(shim.__file__)"],
        cwd=folder,
        env=index,
        capture_output=True,
        text=True,
        check=True,
    )
    assert installed.stdout.startswith(str(folder / ".venv"))


def test_the_first_call_takes_five_commands_at_most():
    """From an empty folder to a translated call."""
    first = next(block for block in blocks(PAGE.read_text("utf-8")) if block.language == "sh")
    assert len(first.content.splitlines()) <= 5
    assert first.content.endswith("atlas-shim demo\n")
