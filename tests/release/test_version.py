"""A release: its version agrees everywhere, its notes are the CHANGELOG's, and workflows call portable scripts."""

import importlib.metadata
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import shim
from tests.release.conftest import NEWEST, ROOT, load, program

version = load("version")

CHANGELOG = (Path(__file__).parent / "changelog.md").read_text("utf-8")


@pytest.fixture
def tree(tmp_path):
    """Copy the files that a release reads."""
    for name in ("CHANGELOG.md", *version.PLACES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_version_comes_from_the_metadata():
    """``shim.__version__`` equals the installed package's version."""
    assert shim.__version__ == importlib.metadata.version("atlas-shim")


def test_each_named_version_is_the_newest():
    """Image, chart, manifests and the fallback version agree with the CHANGELOG's newest section."""
    assert {
        place: found
        for place, found in version.named(ROOT).items()
        if found != {NEWEST}
    } == {}


def test_the_notes_are_the_section_of_the_tag():
    """A paragraph or an item is one line, and code is unchanged.

    A link to a file becomes its text, since releases have no files.
    """
    assert version.notes("v0.2.0", CHANGELOG) == (
        "### Added\n\n"
        "- One thing, which goes on in the next line, and links "
        "a page and [a site](https://example.com/).\n"
        "- Another.\n\nA paragraph in two lines.\n\n```sh\none\ntwo\n```\n"
    )


def test_a_stamped_tree_can_be_released(tree):
    """After the stamp each place has the version, the section has its date, and the check prints the version."""
    page = tree / "CHANGELOG.md"
    page.write_text(
        page.read_text("utf-8").replace(
            f"## {NEWEST} ", "## Unreleased\n\n- New.\n\n## 0.0.1 ", 1
        ),
        "utf-8",
    )
    version.stamp("9.8.7", "2030-01-02", tree)
    assert "## 9.8.7 (2030-01-02)\n\n- New.\n" in page.read_text("utf-8")
    assert version.check("v9.8.7", tree) == "9.8.7"


@pytest.mark.parametrize(("tag", "day", "said"), [
    ("9.8.7", "2030-01-02", "a tag is «v» and a version of three numbers"),
    ("v9.8", "2030-01-02", "a tag is «v» and a version of three numbers"),
    ("v9.8.6", "2030-01-02", r"its newest section is 9\.8\.7"), ("v9.8.7", "unreleased", "its section has no date"),
])  # fmt: skip
def test_a_different_tag_is_refused(tree, tag, day, said):
    """The error names the difference and the fix."""
    version.stamp(NEWEST, "2030-01-01", tree)
    for name in version.PLACES:
        (tree / name).write_text(
            (tree / name).read_text("utf-8").replace(NEWEST, "9.8.7"), "utf-8"
        )
    page = tree / "CHANGELOG.md"
    page.write_text(
        page.read_text("utf-8").replace(
            f"## {NEWEST} (2030-01-01)", f"## 9.8.7 ({day})"
        ),
        "utf-8",
    )
    with pytest.raises(SystemExit, match=said):
        version.check(tag, tree)


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        (
            "deploy/helm/atlas-shim/Chart.yaml",
            f"version: {NEWEST}\nappVersion: 0.0.9\n",
            r"appVersion.* \{'0\.0\.9'\}",
        ),
        ("deploy/compose.yaml", "services: {}\n", r"image: .* finds \{None\}"),
    ],
    ids=["another version", "no version"],
)
def test_a_forgotten_place_is_named(tree, place, text, said):
    """A chart of another version stops the release, as does a file without the expected text."""
    version.stamp(NEWEST, "2030-01-01", tree)
    (tree / place).write_text(text, "utf-8")
    with pytest.raises(SystemExit, match=f"{place}: .*{said}"):
        version.check(f"v{NEWEST}", tree)


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_zizmor_finds_nothing():
    """There is no template injection, no kept credential, no broad permission, and no action without a fixed commit."""
    command = [
        program("zizmor"),
        "--offline",
        "--no-progress",
        "--persona",
        "pedantic",
        str(ROOT / ".github"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_pinned_by_commit_with_its_version(path):
    """A tag can be moved. A commit can't, but people need the version to read it."""
    used = re.findall(r"uses: (.*)", path.read_text("utf-8"))
    assert used
    assert not [
        line
        for line in used
        if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)
    ]


def test_an_action_has_one_pin():
    """Each action is of the same commit in all workflows."""
    pins = {
        tuple(line.split("@"))
        for one in WORKFLOWS
        for line in re.findall(r"uses: (\S+)", one.read_text("utf-8"))
    }
    assert len(pins) == len({name for name, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflows_scripts_are_in_the_repository(path):
    """Each script that a step starts can be started on any machine."""
    scripts = re.findall(
        r"(?:^|[\s\"'])(\.ci/[\w.]+)", path.read_text("utf-8"), re.MULTILINE
    )
    assert scripts
    assert not [name for name in scripts if not (ROOT / name).stat().st_mode & 0o100]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_registry_host_is_named(path):
    """An image's address is a variable of the repository."""
    assert not re.search(
        r"\b(?:ghcr|quay|docker|pypi|gcr)\.(?:io|org|com)\b", path.read_text("utf-8")
    )


@pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None,
    reason="no git, or no repository",
)
def test_no_unowned_address_is_named():
    """No file names a host, an account or a repository of the project.

    A stranger could register it.
    """
    place = re.compile(
        rb"atlas-shim(?:/atlas-shim\b|\.(?:\w+\.)?(?:io|com|org|net|dev)\b)|(?:github|gitlab)\.com/atlas-shim",
        re.IGNORECASE,
    )
    kept = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    files = [
        ROOT / name for name in kept.split("\0") if name and (ROOT / name).is_file()
    ]
    assert not {
        path: found for path in files if (found := place.findall(path.read_bytes()))
    }
