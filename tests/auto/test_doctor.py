"""``atlas-shim doctor`` says what is patched, in which order, and what gets in the way."""

import json
import os
import subprocess
import sys

import pytest
from packaging.version import Version

from shim.cli import compatibility


def doctor(*before, code=None, **environment):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ATLAS_SHIM_")} | environment
    command = [*before, sys.executable, *(["-c", code] if code else ["-m", "shim", "doctor"]), "-o", "json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_all_is_well():
    """Both libraries, their versions, and the shim before them."""
    code, report = doctor()
    assert (code, report["ok"], report["problems"]) == (0, True, [])
    assert {one["function"] for one in report["patched"]} == {
        "httpx.Client.send",
        "httpx.AsyncClient.send",
        "requests.Session.prepare_request",
        "requests.Session.send",
        "urllib3.PoolManager.urlopen",
        "urllib3.HTTPConnectionPool.urlopen",
    }
    assert all(one["order"][0] == "atlas-shim" and one["covered"] for one in report["patched"])
    assert {"python", "atlas-shim", "httpx", "requests", "wrapt"} <= set(report["versions"])
    assert report["active"] == "by this command"


def test_under_run_it_was_on_already():
    """As a program finds it."""
    code, report = doctor(sys.executable, "-m", "shim", "run", "--")
    assert code == 0
    assert "atlas-shim run" in report["active"]


def test_the_order_shows_who_else_is_there():
    """OpenTelemetry's function by the module that it stands in, though it goes by another name."""
    code = (
        "from opentelemetry.instrumentation.requests import RequestsInstrumentor as R; import shim; shim.install();"
        "R().instrument(); from shim.cli import main; main(['doctor', '-o', 'json'])"
    )
    _, report = doctor(code=code)
    orders = {one["function"]: one["order"] for one in report["patched"]}
    others = ["opentelemetry.instrumentation.requests", "atlas-shim", "requests.sessions"]
    assert orders["requests.Session.send"] == others


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ATLAS_SHIM_ROUTE", "off", "switched off"),
        ("ATLAS_SHIM_ROUTE", "flexx", "'flexx' is not one of"),
        ("ATLAS_SHIM_WARNINGS", "loud", "'loud' is not one of"),
        ("ATLAS_SHIM_ROUT", "off", "did you mean ATLAS_SHIM_ROUTE"),
    ],
)
def test_settings_that_get_in_the_way_are_problems(name, value, said):
    """Exit code 1, and each is named."""
    code, report = doctor(**{name: value})
    assert code == 1
    assert any(said in problem for problem in report["problems"])


def test_every_documented_variable_is_known():
    """A drop-in whose calls are written down has nothing wrong with it."""
    code, report = doctor(ATLAS_SHIM_INVENTORY="calls.jsonl", ATLAS_SHIM_LOG_LEVEL="info", ATLAS_SHIM_WARNINGS="once")
    assert (code, report["problems"]) == (0, [])


def test_broken_documents_are_a_problem_for_each_defect(tmp_path):
    """Nothing is patched then, and each defect has its line, as in ``atlas-shim check``."""
    (tmp_path / "mine.toml").write_text('format = 1\noverrides = "snapshots"\nresource = 1\nnonsense = 2\n')
    code, report = doctor(ATLAS_SHIM_MAPPINGS=str(tmp_path))
    assert (code, report["active"]) == (1, "not at all")
    assert len([problem for problem in report["problems"] if problem.startswith("mine.toml: ")]) == 2


def test_secrets_are_not_shown():
    """A password in a URL that is no origin, and credentials, are nowhere."""
    _, report = doctor(ATLAS_SHIM_UPSTREAM="https://user:hunter2@example.org", MONGODB_ATLAS_PRIVATE_API_KEY="hunter2")
    assert "hunter2" not in json.dumps(report)


def test_text_is_for_people():
    """The same in words."""
    command = [sys.executable, "-m", "shim", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "Patched (switched on by this command)" in done.stdout
    assert "All is well." in done.stdout


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        ({"httpx": "1.0.dev4"}, "httpx 1"),
        ({"httpx": "0.25.0"}, "older than"),
        ({"requests": "2.31.0"}, "older than"),
        ({"requests": "2.32.3", "urllib3-future": "2.13"}, "urllib3-future"),
        ({}, "neither httpx nor requests"),
    ],
)
def test_what_is_known_to_break_is_a_problem(installed, said):
    """Told from versions alone."""
    versions = {name: Version(text) for name, text in installed.items()}
    assert any(said in problem for problem in compatibility.problems(versions, {}))


def test_what_is_good_to_know_is_no_problem():
    """httpx2 and niquests beside the libraries, test libraries, and silence."""
    names = ("httpx", "httpx2", "niquests", "respx", "responses", "requests-cache")
    versions = dict.fromkeys(names, Version("0.28"))
    assert compatibility.problems(versions, {}) == []
    hints = " ".join(compatibility.hints(versions, {"ATLAS_SHIM_WARNINGS": "off"}))
    assert all(name in hints for name in (*names[1:], "ATLAS_SHIM_WARNINGS=off"))
