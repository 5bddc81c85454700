"""The page on mocks: each example is executed with the real mock library."""

import re
from pathlib import Path

import pytest

from tests.peers.pythons import run, said

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"```python\n(.*?)```",
    (ROOT / "docs" / "how-to" / "mocks.md").read_text("utf-8"),
    re.DOTALL,
)
CONFTEST, *EXAMPLES = BLOCKS

LIBRARIES = ("respx", "pytest_httpx", "responses", "requests_mock", "vcr")

CASSETTE = """\
version: 1
interactions:
- request:
    method: GET
    uri: https://cloud.mongodb.com/api/atlas/v1.0/groups/32b6e34b3d91647abb20e7b8/serverless/shop/backup/snapshots
    body: null
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {string: '{"results": [], "totalCount": 0}'}
"""

PLUGINS = ("respx.plugin", "pytest_httpx", "requests_mock.contrib._pytest_plugin")
"""The plugins that pytest loads.

Loading all that are installed here would take seconds.
"""


def run_pytest(folder, *options, plugins=()):
    """Run pytest in a folder of its own, as a project that has atlas-shim installed."""
    loaded = []
    for name in ("no:cacheprovider", *plugins):
        loaded.extend(["-p", name])
    return run(
        "-m",
        "pytest",
        "-q",
        *loaded,
        *options,
        cwd=folder,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )


@pytest.fixture
def project(tmp_path):
    """A project that uses the page's conftest, with the drop-in on for the whole process."""
    (tmp_path / "conftest.py").write_text(f"import shim.auto\n\n{CONFTEST}")
    (tmp_path / "snapshots.yaml").write_text(CASSETTE)
    return tmp_path


def write(project, examples):
    for number, example in enumerate(examples):
        (project / f"test_{number}.py").write_text(example)


@pytest.mark.slow
def test_the_examples_run(project):
    """The page has five libraries with the shim off, a mocked successor, and the fake."""
    for name in LIBRARIES:
        pytest.importorskip(name)
    write(project, EXAMPLES)
    done = run_pytest(project, plugins=PLUGINS)
    assert done.returncode == 0, done.stdout
    assert f"{len(EXAMPLES)} passed" in done.stdout
    assert len(EXAMPLES) == len(LIBRARIES) + 2


@pytest.mark.slow
def test_without_the_fixture_mocks_of_retired_urls_do_not_match(project):
    """The page explains this.

    requests-mock ignores a shim that is switched on after its plugin was loaded.
    """
    for name in LIBRARIES:
        pytest.importorskip(name)
    off = [
        example.replace("atlas_shim_off, ", "").replace("atlas_shim_off", "")
        for example in EXAMPLES[:5]
    ]
    write(project, off)
    done = run_pytest(project, "--tb=no", "-rfp", plugins=PLUGINS)
    assert "4 failed, 1 passed" in done.stdout
    assert "PASSED test_3.py" in done.stdout
    assert "requests_mock" in off[3]


FIXTURES = """
import os


def test_off(atlas_shim_off, monkeypatch):
    monkeypatch.undo()
    assert os.environ["ATLAS_SHIM_ROUTE"] == "off"


def test_fake(fake_atlas):
    assert os.environ["ATLAS_SHIM_UPSTREAM"] == fake_atlas.url


def test_after():
    assert not [name for name in os.environ if name.startswith("ATLAS_SHIM_")]
"""


def test_the_fixtures_last_for_one_test(project):
    """Settings are restored afterwards, and a test that undoes its own patches undoes none of these."""
    write(project, [FIXTURES])
    done = run_pytest(project)
    assert "3 passed" in done.stdout, done.stdout


def test_the_fixtures_load_no_library():
    """Neither an HTTP library nor the engine is loaded for a test that uses none of them."""
    code = (
        "import pytest, sys; before = set(sys.modules); import shim.testing; new = set(sys.modules) - before;"
        "print({'httpx', 'requests', 'aiohttp', 'wrapt', 'shim.fake', 'shim.core'} & new)"
    )
    assert said(code) == "set()"
