"""The built packages: complete, equal by every way of building, and usable in an empty folder."""

import email
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.release.conftest import ROOT, build

pytestmark = pytest.mark.slow


def test_the_wheel_contains_the_mappings_and_no_pth_file(wheel):
    """It has every mapping document, the table of error codes and py.typed.

    A .pth file would run by itself.
    """
    names = set(zipfile.ZipFile(wheel).namelist())
    documents = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mappings").rglob("*.toml")
    }
    assert documents
    assert {f"shim/{name}" for name in documents} | {
        "shim/py.typed",
        "shim/codes.toml",
        "shim/trials.toml",
    } <= names
    assert [name for name in names if name.endswith("/LICENSE")]
    assert not [name for name in names if name.endswith((".pth", ".start"))]


def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    """With only the unpacked wheel, a legacy call is recognized, and an error code explained."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import shim.core.recognize as e; assert e.__file__.startswith({str(tmp_path)!r}), e.__file__; "
        "engine = e.load_engine({}); "
        "print(engine.recognize('GET', '/api/atlas/v2/groups/a/serverless/b/backup/snapshots', ()).operation.id); "
        "from shim.cli.error_codes import meaning_of; print(meaning_of('SHIM_CONTENT_CODED')['Cure'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "listServerlessBackupSnapshots",
        "Send the body uncompressed.",
    ]


def test_the_source_distribution_is_complete(unpacked):
    """It has every file of the repository, including examples, deploy/, pages, tests and workflows."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git, or no repository")
    kept = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = {
        name for name in kept.stdout.split("\0") if name and (ROOT / name).exists()
    }
    found = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.rglob("*")
        if path.is_file()
    }
    assert not names - found


def test_each_way_of_building_gives_the_same_wheel(unpacked, wheel, tmp_path):
    """The tree and the source distribution, which has no repository, give the same bytes."""
    tree = tmp_path / "tree"
    shutil.copytree(unpacked, tree)
    (tree / "PKG-INFO").unlink()
    version = wheel.name.split("-")[1]
    again = build(
        "wheel",
        tree,
        tmp_path / "again",
        SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ATLAS_SHIM=version,
    )
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_a_tree_without_a_repository_has_a_version(unpacked, tmp_path):
    """It is built as a development version of the one in pyproject.toml."""
    shutil.copytree(unpacked, tmp_path / "tree")
    (tmp_path / "tree" / "PKG-INFO").unlink()
    made = build("sdist", tmp_path / "tree", tmp_path / "made")
    assert re.fullmatch(r"atlas_shim-\d+\.\d+\.\d+\.dev0\.tar\.gz", made.name)


def test_the_package_indexs_page_is_the_readme(wheel):
    """The text is the same, and the metadata name no address as long as the project owns none."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (
            name for name in archive.namelist() if name.endswith(".dist-info/METADATA")
        )
        metadata = email.message_from_string(archive.read(name).decode("utf-8"))
    assert metadata.get_payload() == (ROOT / "README.md").read_text("utf-8")
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["Project-URL"] is None


def test_from_the_wheel_in_an_empty_folder_to_a_translated_call(wheel):
    """A new user needs five commands and the package index, and nothing else."""
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "try_wheel.py"), str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    if re.search(
        "NewConnectionError|NameResolutionError|ConnectTimeoutError",
        done.stdout + done.stderr,
    ):
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("410 without the gateway, 8 snapshots with it\n")
