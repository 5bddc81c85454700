"""Fixtures for the tests of a release."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def load(name: str):
    """Return a script of ``.ci/`` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NEWEST = load("version").newest((ROOT / "CHANGELOG.md").read_text("utf-8"))
"""The newest version with a section in the CHANGELOG, which deploy/ uses."""


def program(name: str) -> str:
    """Return a program's path, also of one that pip installed; skip the test if it is missing."""
    found = shutil.which(name) or shutil.which(
        name, path=str(Path(sys.executable).parent)
    )
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def build(target: str, tree: Path, folder: Path, **environ: str) -> Path:
    """Build a distribution of a tree with the installed build tool, and return its path."""
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        target,
        "-d",
        str(folder),
    ]
    subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
    )
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="session")
def sdist(tmp_path_factory):
    """Return the tree's source distribution; nothing is written into the tree, which other tests use."""
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def unpacked(sdist, tmp_path_factory):
    """The folder with the unpacked source distribution."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


@pytest.fixture(scope="session")
def wheel(unpacked, tmp_path_factory):
    """The wheel that is built from the source distribution."""
    return build("wheel", unpacked, tmp_path_factory.mktemp("wheel"))
