"""The how-to pages, played as they stand: what can run on one machine runs, against the fake Atlas."""

import shutil

import pytest

from tests.docs.pages import DOCS, blocks, play

ELSEWHERE = {
    "fronts.md": "tests/front/test_page.py",
    "hard-coded-host.md": "tests/gateway_credentials/test_hard_coded_host.py",
    "mocks.md": "tests/mocks/test_mocks.py",
}
"""Pages whose blocks are run by a test of their own."""

INSTALLED = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
"""What a page installs is there already, and pip asks nobody."""


@pytest.fixture
def reader(tmp_path):
    """Return a function that plays a page in an empty folder, and skips it for a program that is not there."""

    def read(page, *programs, beside=None, **more):
        for program in programs:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")
        folder = tmp_path / "reader"
        folder.mkdir()
        if beside is not None:
            shutil.copytree(DOCS.parent / beside, folder / beside)
        play(f"how-to/{page}", folder, **more)
        return folder

    return read


def test_base_urls(reader):
    """A call each by curl, Node and Java, by key and by token, and who called."""
    reader("base-urls.md", "curl", "node", "java")


def test_the_atlas_cli(reader):
    """The alias, the function and the program before the real one print what the page shows."""
    reader("atlas-cli.md", environ=INSTALLED)


def test_feature_flags(reader):
    """The file decides for its project, and the gateway tells what is in force."""
    reader("feature-flags.md", "curl", environ=INSTALLED)


def test_scan(reader):
    """The two programs are found, in every form, and the import is led to the shim."""
    reader("scan.md", "git", environ=INSTALLED)


def test_the_way_out(reader):
    """The caller is written down, the verdict names it, and the code that is printed gives what it got."""
    reader("way-out.md", "curl", "jq")


def test_kubernetes(reader):
    """What would be applied is made, and checked; no cluster takes part."""
    reader("kubernetes.md", "kubectl", beside="deploy")


def test_many_pollers(reader):
    """Forty answers and one call of Atlas, told by the metrics and by who called."""
    reader("many-pollers.md", "curl", "seq", "xargs")
