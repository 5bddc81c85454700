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


@pytest.fixture
def reader(tmp_path):
    """Return a function that plays a page in an empty folder, and skips it for a program that is not there."""

    def read(page, *programs, **more):
        for program in programs:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")
        folder = tmp_path / "reader"
        folder.mkdir()
        play(f"how-to/{page}", folder, **more)
        return folder

    return read


def test_base_urls(reader):
    """A call each by curl, Node and Java, by key and by token, and who called."""
    reader("base-urls.md", "curl", "node", "java")
