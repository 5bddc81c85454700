"""``atlas-shim check`` reports what the drop-in patches, in which order, and what interferes with it."""

import json
from importlib.metadata import requires

import pytest
from click.testing import CliRunner

from shim.cli import check_dropin, main
from shim.doors import switch
from tests.peers.pythons import run


def test_each_covered_library_is_shown():
    """The report includes the library's version."""
    done = run("-m", "shim", "check", "-o", "json")
    whole = json.loads(done.stdout)
    assert done.returncode == 0
    assert whole["ok"] is True
    assert whole["problems"] == []
    report = whole["dropin"]
    assert set(report["covered"]) >= {"httpx", "requests", "urllib3", "urllib.request"}
    assert {"python", "atlas-shim", *report["covered"]} == {
        *report["versions"],
        "urllib.request",
    }
    assert report["active"] == "by this command"


def test_an_uncovered_method_is_a_problem(monkeypatch):
    """The method is named, and its library does not count as covered."""
    monkeypatch.setattr(switch, "is_ours", lambda link: False)
    problems: list[str] = []
    assert check_dropin.look({}, problems)["covered"] == []
    assert "requests.Session.get_adapter: is not covered" in problems


def test_the_default_report_is_in_sentences():
    """It names the command that explains why a call is not translated."""
    done = CliRunner().invoke(main, ["check"])
    assert "Drop-in (switched on by this command)" in done.stdout
    assert (
        "When a call is not translated: atlas-shim explain METHOD URL shows why."
        in done.stdout
    )
    assert (done.exit_code == 0) is ("Calls made with " in done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        (
            {"httpx": "1.0.dev4"},
            ["httpx 1.0.dev4 was not tested: atlas-shim needs httpx<1,>=0.27"],
        ),
        (
            {"requests": "2.31.0"},
            ["requests 2.31.0 was not tested: atlas-shim needs requests>=2.32.2"],
        ),
        ({"requests": "2.99.1", "httpx": "0.27", "aiohttp": "3.11"}, []),
    ],
)
def test_a_version_that_conflicts_with_ours_is_a_problem(installed, said):
    """The supported versions are those of the package's own requirements."""
    assert check_dropin.reasons(installed, requires("atlas-shim") or ()) == said


def test_a_module_of_the_program_named_shim_is_a_problem(tmp_path, monkeypatch):
    """The check looks in the folder in which it was started."""
    (tmp_path / "shim.py").write_text("")
    monkeypatch.chdir(tmp_path)
    problems: list[str] = []
    check_dropin.look({}, problems)
    assert (
        len(
            [
                one
                for one in problems
                if "shim.py has the same name as atlas-shim's package" in one
            ]
        )
        == 1
    )
