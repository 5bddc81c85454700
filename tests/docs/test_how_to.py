"""The tutorial and the how-to pages are executed as printed."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeAtlas,
)
from shim.fake.server import FakeServer
from tests.docs.pages import DOCS, blocks, path, play
from tests.fake.asking import KEY
from tests.release.conftest import sdist, unpacked, wheel  # noqa: F401 - fixtures

ELSEWHERE = {"next-sunset.md", "trouble.md"}
"""Pages whose commands are run by separate tests."""

INSTALLED = {
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}
"""The packages that a page installs are there already, so pip contacts no index."""

PLAYED = {
    "atlas-cli.md": (), "prove.md": (), "base-urls.md": ("curl",),
    "feature-flags.md": ("curl",), "scan.md": ("git",), "way-out.md": ("curl", "jq"),
}  # fmt: skip
"""Page -> the programs that it needs."""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    return folder


def need(*programs):
    for program in programs:
        if shutil.which(program, path=path()) is None:
            pytest.skip(f"{program} is not installed")


def test_every_page_is_executed():
    """A new one with commands needs a line above, or a test below."""
    pages = {
        path.name
        for path in (DOCS / "how-to").glob("*.md")
        if "```sh\n" in path.read_text("utf-8")
    }
    assert pages - ELSEWHERE == {
        *PLAYED,
        "deploying.md",
        "hard-coded-host.md",
        "many-callers.md",
    }


@pytest.mark.slow
@pytest.mark.parametrize("page", PLAYED)
def test_a_page_is_executed(page, folder):
    """Every block runs as printed, and its output matches."""
    need(*PLAYED[page])
    play(f"how-to/{page}", folder, environ=INSTALLED)


def test_deploying_is_executed(folder):
    """The settings are checked as printed, on a machine without kubectl, too."""
    shutil.copytree(DOCS.parent / "deploy", folder / "deploy")
    if shutil.which("kubectl", path=path()):
        lacking = []
    else:
        lacking = ["kubectl"]
    play("how-to/deploying.md", folder, environ=INSTALLED, lacking=lacking)


def test_a_hard_coded_host_is_executed(folder):
    """The certificate is created, and a call of https://cloud.mongodb.com with its key reaches the gateway."""
    need("curl", "openssl")
    names = [("0.0.0.0:443", "127.0.0.1:8480"), ("GATEWAY_IP:443", "127.0.0.1:8480")]
    names += [("PUBLIC:PRIVATE", f"{DEMO_PUBLIC_KEY}:{DEMO_PRIVATE_KEY}")]
    names += [
        (
            "groups/GROUP/serverless/NAME",
            f"groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}",
        )
    ]
    with FakeServer(FakeAtlas()) as atlas:
        environ = {**KEY, "ATLAS_SHIM_UPSTREAM": atlas.url}
        play("how-to/hard-coded-host.md", folder, environ=environ, replaced=names)
    assert not (folder / "ca.key").exists()


@pytest.mark.slow
@pytest.mark.skipif(
    os.geteuid() != 0, reason="nginx, as Debian builds it, writes below /var/lib"
)
def test_many_callers_is_executed(folder):
    """Forty callers make forty calls; behind nginx one goes through the gateway, and another never reaches it."""
    need("curl", "seq", "xargs", "nginx")
    play("how-to/many-callers.md", folder)


PAGE = DOCS / "tutorial" / "ten-minutes.md"


@pytest.fixture
def index(tmp_path, request):
    """Return variables by which pip finds the wheel and its dependencies, without a package index."""
    for name in ("pip", "ensurepip", "hatchling"):
        pytest.importorskip(name)
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    wheels = str(request.getfixturevalue("wheel").parent)
    # All installed packages except the one under test, and pip, which each environment
    # has.
    beside = tmp_path / "site-packages"
    beside.mkdir()
    for found in Path(sysconfig.get_path("purelib")).iterdir():
        if not re.match(r"_?atlas_shim|shim$|pip\b|.*\.pth$", found.name):
            (beside / found.name).symlink_to(found)
    return {
        "PYTHONPATH": str(beside),
        "PIP_NO_INDEX": "1",
        "PIP_PRE": "1",
        "PIP_FIND_LINKS": wheels,
    }


@pytest.mark.slow
def test_the_tutorial_is_executed(tmp_path, index):
    """Every block runs as printed, and its output matches."""
    folder = tmp_path / "reader"
    folder.mkdir()
    play(PAGE, folder, environ=index)
    shown = [
        folder / ".venv" / "bin" / "python",
        "-c",
        "import shim; print(shim.__file__)",
    ]
    assert subprocess.check_output(shown, cwd=folder, env=index, text=True).startswith(
        str(folder / ".venv")
    )


def test_the_first_call_needs_five_commands_at_most():
    """They start in an empty folder and end with a translated call."""
    first = next(
        block for block in blocks(PAGE.read_text("utf-8")) if block.language == "sh"
    )
    assert len(first.content.splitlines()) <= 5
    assert first.content.endswith("atlas-shim demo\n")
