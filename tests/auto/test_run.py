"""``atlas-shim run --via python``: programs of other people's making, in processes of their own."""

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.cli.run import environment_for
from shim.doors.environment import CHECKED, VARIABLES, WARNINGS
from shim.doors.switch import LAUNCH
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.peers import pythons

run = partial(pythons.run, "-m", "shim", "run", "--via", "python", "--", PYTHONWARNINGS="ignore")


@pytest.fixture
def script(tmp_path, retired):
    """A program as a tutorial has it; it has not heard of the shim."""
    path = tmp_path / "script.py"
    path.write_text(
        "#!/usr/bin/env python\n"
        "import requests\n"
        "from requests.auth import HTTPDigestAuth\n"
        f"auth = HTTPDigestAuth({DEMO_PUBLIC_KEY!r}, {DEMO_PRIVATE_KEY!r})\n"
        f"response = requests.get({retired!r}, auth=auth)\n"
        "response.raise_for_status()\n"
        "print(response.status_code, len(response.json()['results']) > 0)\n"
    )
    return path


def test_pythons_that_the_program_starts_have_it_too(atlas, script, tmp_path):
    """Through subprocess, by a script's first line, as a module, and through multiprocessing's spawn."""
    script.chmod(0o755)
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import multiprocessing, runpy, subprocess, sys\n"
        "if __name__ == '__main__':\n"
        "    subprocess.run([sys.executable, '-m', 'script'], check=True)\n"
        f"    subprocess.run([{str(script)!r}], check=True)\n"
        "    context = multiprocessing.get_context('spawn')\n"
        f"    child = context.Process(target=runpy.run_path, args=({str(script)!r},))\n"
        "    child.start(); child.join(); assert child.exitcode == 0\n"
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = run("python", parent, cwd=tmp_path, ATLAS_SHIM_UPSTREAM=atlas.url, PATH=path)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["200", "True"] * 3, "")


LOOK = (
    "import json, os, sys; loaded = list(sys.modules); from shim.doors import switch; import sitecustomize as s;"
    "print(json.dumps([switch.STATE.active, sys.path, getattr(s, 'MARK', None), sys.argv[1:], loaded]));"
    "sys.exit(37)"
)
"""Prints whether the shim is on, the path, the mark of another sitecustomize, arguments, and modules."""


def test_a_program_is_as_without_us():
    """Its path, arguments and exit code are its own, and it loads no library: ``run`` has checked the settings."""
    settings = {"ATLAS_SHIM_ROUTE": "auto", "ATLAS_SHIM_SUNSET": "snapshots=2026-01-01"}
    done = run(sys.executable, "-c", LOOK, "--help", "--", "-o", "json", **settings)
    assert (done.returncode, done.stderr) == (37, "")
    is_on, path, mark, arguments, loaded = json.loads(done.stdout)
    assert (is_on, LAUNCH in path, mark) == (True, False, None)
    assert arguments == ["--help", "--", "-o", "json"]
    assert not {"attrs", "click", "httpx", "requests", "shim.core.settings", "urllib3", "wrapt"} & set(loaded)


def test_settings_that_the_program_changed_are_checked(tmp_path):
    """In the Pythons that it starts, which run uncovered then."""
    child = "import os, subprocess, sys; os.environ['ATLAS_SHIM_ROUTE'] = 'flexx'; "
    child += "subprocess.run([sys.executable, '-c', 'print(1)'])"
    done = run(sys.executable, "-c", child)
    assert done.stdout.strip() == "1"
    assert "not switched on" in done.stderr
    assert "'flexx' is not one of" in done.stderr


def test_an_existing_sitecustomize_is_run_as_if_alone(tmp_path):
    """It is the one in sys.modules, with its own file, once in each Python; our folder is out of the way."""
    (tmp_path / "sitecustomize.py").write_text("print('once'); MARK = __file__")
    done = run(sys.executable, "-c", LOOK, PYTHONPATH=str(tmp_path))
    *once, said = done.stdout.splitlines()
    is_on, path, mark, _, _ = json.loads(said)
    assert once == ["once", "once"]  # that of the command, and the program's
    assert (is_on, LAUNCH in path, mark) == (True, False, str(tmp_path / "sitecustomize.py"))


def test_a_broken_sitecustomize_is_as_broken_as_without(tmp_path):
    """Python says so, the program runs, and the shim is on."""
    (tmp_path / "sitecustomize.py").write_text("import nonsense_that_is_missing")
    code = "from shim.doors import switch; print(switch.STATE.active)"
    done = run(sys.executable, "-c", code, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout.strip()) == (0, "True")
    assert "nonsense_that_is_missing" in done.stderr


def test_a_python_without_the_shim_runs_all_the_same(tmp_path):
    """With a line that says so."""
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "__init__.py").write_text("")
    done = run(sys.executable, "-c", "print('fine')", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "fine\n")
    assert "atlas-shim: not switched on" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_signals_reach_the_program():
    """The program is the process that was started, so its parent sees the signal that ended it."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert run(sys.executable, "-c", code).returncode == -signal.SIGTERM


@pytest.fixture
def invoke(monkeypatch):
    """Runs the command in this process, up to where it would become the program; returns its exit code and stderr."""
    for name in (*VARIABLES, WARNINGS):
        monkeypatch.delenv(name, raising=False)

    def call(*program):
        done = CliRunner().invoke(main, ["run", "--via", "python", "--", *program])
        return done.exit_code, done.stderr

    return call


@pytest.mark.parametrize(("name", "code"), [("nonsense-that-is-missing", 127), ("/", 126)])
def test_a_command_that_cannot_be_run_is_said_to_be(invoke, name, code):
    """With a shell's exit codes."""
    status, said = invoke(name)
    assert status == code
    assert len(said.splitlines()) == 1


@pytest.fixture
def became(monkeypatch):
    """The programs that the command became, but for becoming them."""
    programs: list[list[str]] = []
    monkeypatch.setattr("shim.cli.run._become", lambda program, environment: programs.append(list(program)))
    return programs


def test_wrong_settings_stop_the_start(invoke, became, monkeypatch):
    """Before the program runs."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flexx")
    status, said = invoke("python3", "x.py")
    assert (status, became) == (2, [])
    assert "ATLAS_SHIM_ROUTE" in said


def test_an_isolated_python_is_recognised(invoke, became):
    """It ignores PYTHONPATH; what belongs to the program is not looked at."""
    isolated = [["python3", *flags, "x.py"] for flags in (["-I"], ["-bE"], ["-S"])]
    others = [["python3", *flags] for flags in (["x.py", "-I"], ["-c", "-I"], ["-W", "x"], ["-u"])]
    others.append(["sh", "-I"])
    said = ["ignores PYTHONPATH" in invoke(*program)[1] for program in (*isolated, *others)]
    assert said == [True] * 3 + [False] * 5
    assert became == isolated + others


def test_a_python_without_the_shim_is_named(invoke, became, tmp_path):
    """What it does is what it would do anyway."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    said = f"atlas-shim: atlas-shim is not installed for {python}, so the drop-in is not switched on\n"
    assert invoke(str(python), "x.py") == (0, said)
    assert became == [[str(python), "x.py"]]


def test_the_python_beside_the_command_comes_first(invoke, became, tmp_path, monkeypatch):
    """As in an environment that is not activated; another command is looked for in PATH alone."""
    for name in ("python3", "sh"):
        (tmp_path / name).symlink_to("/bin/sh")
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "atlas-shim")])
    invoke("python3", "x.py")
    invoke("sh", "x")
    assert became == [[str(tmp_path / "python3"), "x.py"], ["sh", "x"]]


@pytest.mark.parametrize("name", ["shim.py", "shim/__init__.py"])
def test_a_program_with_a_shim_of_its_own_is_warned(tmp_path, name):
    """By the command before it starts, and by the import that finds the wrong one; a script beside it is not."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine = 1\n")
    program = tmp_path / "app.py"
    program.write_text("from shim import mine\n")
    done = run(sys.executable, program)
    assert f"atlas-shim: {tmp_path / name} has the name of atlas-shim's package" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ImportError: ")
    assert done.stderr.count("atlas-shim run --via gateway") == 2


def test_the_environment_is_the_callers_but_for_one_entry():
    """Once, first, and no empty entry, which would mean the working directory; and for the mark of what was checked."""
    assert environment_for({"A": "b"}) == {"A": "b", "PYTHONPATH": LAUNCH, CHECKED: ""}
    again = environment_for(environment_for({"PYTHONPATH": f"x{os.pathsep}"}))
    assert again["PYTHONPATH"] == f"{LAUNCH}{os.pathsep}x"
