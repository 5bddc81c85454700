"""A Python in a run behaves as without it, except for its calls: its path, its modules, and its own hooks."""

import json
import sys
from pathlib import Path

import pytest

from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.run.grid import BARE, HTTP_CLIENT, URL, URLLIB

LOOK = (
    "import json, sys; loaded = [*sys.modules]; import sitecustomize as s; from shim.doors import switch;"
    "print(json.dumps([switch.STATE.active, sys.path, getattr(s, 'MARK', None), sys.argv[1:], loaded])); sys.exit(37)"
)
"""Print whether the drop-in is on, the path, the mark of another sitecustomize, arguments, and modules."""


def test_a_program_has_the_same_environment(runs):
    """Path, arguments and exit code are its own, and it loads no library: the command has checked the settings."""
    settings = {"ATLAS_SHIM_ROUTE": "auto", "ATLAS_SHIM_SUNSET": "snapshots=2026-01-01"}
    done = runs(sys.executable, "-c", LOOK, "--help", "--", "-o", "json", **settings)
    assert done.returncode == 37
    assert done.stderr == ""
    is_on, path, mark, arguments, loaded = json.loads(done.stdout)
    assert is_on is True
    assert mark is None
    assert arguments == ["--help", "--", "-o", "json"]
    assert not [entry for entry in path if "atlas-shim-run" in entry]
    assert not {
        "attrs",
        "click",
        "httpx",
        "requests",
        "shim.core.settings",
        "ssl",
        "urllib3",
    } & set(loaded)


@pytest.mark.parametrize(
    "python", [sys.executable, BARE], ids=["with the shim", "without it"]
)
def test_an_existing_sitecustomize_runs_unchanged(shared, tmp_path, python):
    """It is the one in sys.modules, with its own file; an invalid one fails the same."""
    (tmp_path / "sitecustomize.py").write_text(
        "MARK = __file__\nimport nonsense_that_is_missing"
    )
    code = f"import sys; print(getattr(sys.modules.get('sitecustomize'), '__file__', '-')); {HTTP_CLIENT}"
    done = shared(python, "-c", code, PYTHONPATH=f"$PYTHONPATH:{tmp_path}")
    assert "200" in done.stdout
    assert "nonsense_that_is_missing" in done.stderr
    (tmp_path / "sitecustomize.py").write_text("MARK = __file__")
    done = shared(python, "-c", code, PYTHONPATH=f"$PYTHONPATH:{tmp_path}")
    assert done.stdout.split() == [str(tmp_path / "sitecustomize.py"), "200"]
    assert done.stderr == ""


def test_settings_that_the_program_changed_are_checked(shared):
    """In the Pythons that it starts, one line reports wrong ones, and the gateway serves them."""
    child = (
        f"import os, subprocess, sys; os.environ['ATLAS_SHIM_ROUTE'] = 'flexx';"
        f" c = [sys.executable, '-c', {URLLIB!r}];"
    )
    done = shared(
        BARE,
        "-c",
        f"{child} c[0] = {sys.executable!r}; [subprocess.run(c) for _ in range(2)]",
    )
    assert done.stdout == "200\n200\n"
    assert "'flexx' is not one of" in done.stderr


@pytest.mark.parametrize(
    "name", ["shim.py", pytest.param("shim/__init__.py", marks=pytest.mark.slow)]
)
def test_a_program_with_a_shim_module_is_served(runs, tmp_path, name):
    """The gateway does it, since a program can import only one module of that name."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine = 1\n")
    (tmp_path / "app.py").write_text(f"from shim import mine\n{URLLIB}\n")
    done = runs(sys.executable, tmp_path / "app.py")
    assert done.stdout == "200\n"
    assert done.stderr == ""


DIGEST = f"""
import requests
from requests.auth import HTTPDigestAuth
print(requests.get({URL!r}, auth=HTTPDigestAuth({DEMO_PUBLIC_KEY!r}, {DEMO_PRIVATE_KEY!r})).status_code)
"""


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {f"MONGODB_ATLAS_{kind}_API_KEY": "another" for kind in ("PUBLIC", "PRIVATE")},
    ],
)
def test_the_drop_in_keeps_the_program_s_own_key(runs, environ):
    """The run's key doesn't matter. Calls use the same gateway, and the warning has their line as usual."""
    done = runs(sys.executable, "-c", DIGEST, **environ)
    assert done.stdout == "200\n", done.stderr
    assert done.stderr.count("LegacyEndpointWarning") == 1


LED = f"import requests, subprocess; print(requests.get({URL!r}).status_code); {URLLIB}; {HTTP_CLIENT}"


def test_an_upstream_applies_to_all_calls(runs, atlas):
    """That covers the drop-in and calls it doesn't serve: nothing reaches Atlas itself, and each warning comes once."""
    done = runs(sys.executable, "-W", "ignore", "-c", LED, options=["--report"])
    assert done.stdout.split()[1:] == ["200", "200"]
    assert "2 retired ones were translated in the program" in done.stderr
    assert {
        Path(arrival.target.partition("?")[0]).name for arrival in atlas.fake.arrivals
    } == {"snapshots"}


def test_with_a_file_of_options_only_the_gateway_translates(runs, atlas, tmp_path):
    """The drop-in can't read that file."""
    (tmp_path / "shim.toml").write_text(f'upstream = "{atlas.url}"\n')
    done = runs(
        sys.executable,
        "-c",
        URLLIB,
        options=["--config", tmp_path / "shim.toml", "--report"],
    )
    assert done.stdout == "200\n"
    assert done.stderr == "atlas-shim: 1 call to Atlas, 1 of them retired\n"


def test_a_nested_run_is_served(runs):
    """The outer one serves it in the end; each Python runs the hooks of both."""
    inner = [sys.executable, "-m", "shim", "run", "--", BARE, "-c", HTTP_CLIENT]
    done = runs(*inner)
    assert done.stdout == "200\n"
    assert done.stderr == ""
