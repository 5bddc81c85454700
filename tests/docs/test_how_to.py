"""The how-to pages, played as they stand: what can run on one machine runs, against the fake Atlas."""

import os
import shutil
from pathlib import Path

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeAtlas
from shim.fake.server import serve_in_thread
from tests.docs.pages import DOCS, path, play

ELSEWHERE = {"next-sunset.md", "trouble.md"}
"""Pages whose commands are run by tests of their own."""

INSTALLED = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
"""What a page installs is there already, and pip asks nobody."""


@pytest.fixture
def reader(tmp_path):
    """Return a function that plays a page in an empty folder, and skips it for a program that is not there."""

    def read(page, *programs, beside=None, **more):
        for program in programs:
            if shutil.which(program, path=path()) is None:
                pytest.skip(f"{program} is not installed")
        folder = tmp_path / "reader"
        folder.mkdir()
        if beside is not None:
            shutil.copytree(DOCS.parent / beside, folder / beside)
        play(f"how-to/{page}", folder, **more)
        return folder

    return read


def test_every_page_is_played():
    """One with commands that is added gets a test below."""
    pages = [path.name for path in (DOCS / "how-to").glob("*.md") if "```sh\n" in path.read_text("utf-8")]
    here = Path(__file__).read_text("utf-8")
    assert [name for name in pages if f'reader("{name}"' not in here and name not in ELSEWHERE] == []


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


def test_the_typed_client_from_a_shell(tmp_path):
    """One call of the command, and the record as text."""
    play("reference/typed-client.md", tmp_path)


def test_many_pollers(reader):
    """Forty answers and one call of Atlas, told by the metrics and by who called."""
    reader("many-pollers.md", "curl", "seq", "xargs")


def test_a_hard_coded_host(reader):
    """The certificate is made, and a call of https://cloud.mongodb.com by its key reaches the gateway."""
    names = [("0.0.0.0:443", "127.0.0.1:8480"), ("GATEWAY_IP:443", "127.0.0.1:8480")]
    names += [("PUBLIC:PRIVATE", f"{DEMO_PUBLIC_KEY}:{DEMO_PRIVATE_KEY}")]
    names += [("groups/GROUP/serverless/NAME", f"groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}")]
    with serve_in_thread(FakeAtlas()) as atlas:
        theirs = {"MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY, "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY}
        environ = {**theirs, "ATLAS_SHIM_UPSTREAM": atlas.url}
        folder = reader("hard-coded-host.md", "curl", "openssl", environ=environ, replaced=names)
    assert not (folder / "ca.key").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="nginx, as Debian builds it, writes below /var/lib")
def test_fronts(reader):
    """A configuration for each proxy, and with nginx one answer through the gateway and one that never saw it."""
    reader("fronts.md", "curl", "nginx")
