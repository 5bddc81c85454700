"""``atlas-shim check`` says what the drop-in patches, in which order, and what gets in the way."""

import json
import re
import sys
from importlib.metadata import requires

import pytest
from click.testing import CliRunner

from shim.cli import check_dropin, main
from tests.peers.pythons import run


def test_what_is_covered_is_shown(tmp_path):
    """Each library, its versions, and its functions; an installed one that isn't covered is listed, and no problem."""
    (tmp_path / "niquests-3.0.dist-info").mkdir()
    (tmp_path / "niquests-3.0.dist-info" / "METADATA").write_text("Name: niquests\nVersion: 3.0\n")
    done = run("-m", "shim", "check", "-o", "json", PYTHONPATH=str(tmp_path))
    whole = json.loads(done.stdout)
    assert (done.returncode, whole["ok"], whole["problems"]) == (0, True, [])
    report = whole["dropin"]
    assert set(report["patched"]) >= {
        "httpx.Client.send",
        "httpx.AsyncClient.send",
        "requests.Session.get_adapter",
        "urllib3.PoolManager.urlopen",
        "urllib3.HTTPConnectionPool.urlopen",
    }
    assert all(report["patched"].values())
    assert {"python", "atlas-shim", "httpx", "requests"} <= set(report["versions"])
    assert report["active"] == "by this command"
    assert report["uncovered"]["niquests"] == "installed"


def test_text_is_for_people():
    """The same in words."""
    done = CliRunner().invoke(main, ["check"])
    assert "Drop-in (switched on by this command)" in done.stdout
    assert re.search(r"http\.client +Python's own", done.stdout)
    assert "All is well" not in done.stdout
    assert "When a call is not translated: atlas-shim explain METHOD URL says why." in done.stdout
    assert (done.exit_code == 0) is ("Calls made with " in done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        ({"httpx": "1.0.dev4"}, ["httpx 1.0.dev4 was not tested: atlas-shim needs httpx<1,>=0.27"]),
        ({"requests": "2.31.0"}, ["requests 2.31.0 was not tested: atlas-shim needs requests>=2.32.2"]),
        ({"requests": "2.99.1", "httpx": "0.27", "aiohttp": "3.11"}, []),
    ],
)
def test_a_version_that_can_not_be_installed_beside_us_is_a_problem(installed, said):
    """The versions are those of the package's own requirements."""
    assert check_dropin.reasons(installed, requires("atlas-shim") or ()) == said


def test_what_is_never_covered_is_named():
    """Whether it is installed or loaded, with what to do; a covered library isn't among it."""
    found = check_dropin.uncovered({"tornado", "httpx", "aiohttp"}, {"pycurl", "tornado"})
    assert found == {"pycurl": "loaded", "tornado.httpclient": "installed", "http.client": "Python's own"}


def test_a_module_of_the_programs_own_that_is_called_shim_is_a_problem(tmp_path, monkeypatch):
    """In the folder that the check was started in."""
    (tmp_path / "shim.py").write_text("")
    monkeypatch.chdir(tmp_path)
    problems: list[str] = []
    check_dropin.look({}, problems)
    assert len([one for one in problems if "shim.py has the name of atlas-shim's package" in one]) == 1


def test_a_library_that_is_loaded_and_not_covered_is_a_problem(monkeypatch):
    """As a program finds out about itself."""
    monkeypatch.setitem(sys.modules, "pycurl", sys)
    problems: list[str] = []
    check_dropin.look({}, problems)
    assert problems[0].startswith("pycurl is loaded and not covered: send its calls")
