"""``atlas-shim run``: programs of other people's making, in processes of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shim.cli.run import _isolated, environment_for
from shim.dropin.environment import CHECKED
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN
from shim.switch import LAUNCH

BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}
COMMAND = [sys.executable, "-m", "shim", "run", "--"]


def run(*program, cwd=None, **environment):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ATLAS_SHIM_")}
    environ |= {"PYTHONWARNINGS": "ignore"} | environment
    command = [*COMMAND, *map(str, program)]
    return subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def out(done):
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


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


def test_a_script_works_after_the_sunset(atlas, script):
    """Unchanged, with HTTP Digest."""
    assert out(run(sys.executable, script, ATLAS_SHIM_UPSTREAM=atlas.url)) == ["200", "True"]


def test_a_module_works_after_the_sunset(atlas, script):
    """As python -m package."""
    done = run(sys.executable, "-m", "script", cwd=script.parent, ATLAS_SHIM_UPSTREAM=atlas.url)
    assert out(done) == ["200", "True"]


def test_a_script_that_names_its_python_works_after_the_sunset(atlas, script):
    """By its first line, found in PATH."""
    script.chmod(0o755)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    assert out(run(script, ATLAS_SHIM_UPSTREAM=atlas.url, PATH=path)) == ["200", "True"]


@pytest.mark.parametrize("how", ["subprocess", "spawn"])
def test_pythons_that_the_program_starts_have_it_too(atlas, script, tmp_path, how):
    """Through subprocess and multiprocessing's spawn."""
    parent = tmp_path / "parent.py"
    if how == "subprocess":
        parent.write_text(f"import subprocess, sys; subprocess.run([sys.executable, {str(script)!r}], check=True)")
    else:
        parent.write_text(
            "import multiprocessing\nimport runpy\n"
            "if __name__ == '__main__':\n"
            "    context = multiprocessing.get_context('spawn')\n"
            f"    child = context.Process(target=runpy.run_path, args=({str(script)!r},))\n"
            "    child.start(); child.join(); assert child.exitcode == 0\n"
        )
    assert out(run(sys.executable, parent, ATLAS_SHIM_UPSTREAM=atlas.url)) == ["200", "True"]


LOOK = (
    "import sys, os; from shim import switch; import sitecustomize as s;"
    f"launch = {str(LAUNCH)!r}; first = os.environ['PYTHONPATH'].split(os.pathsep)[0];"
    "print(switch.installed(), launch in sys.path, first == launch, getattr(s, 'MARK', None))"
)


def test_an_existing_sitecustomize_is_run_as_if_alone(tmp_path):
    """It is the one in sys.modules, with its own file, once in each Python; our folder is out of the way."""
    (tmp_path / "sitecustomize.py").write_text("print('once'); MARK = __file__")
    done = run(sys.executable, "-c", LOOK, PYTHONPATH=str(tmp_path))
    pythons = ["once", "once"]  # that of the command, and the program's
    assert out(done) == [*pythons, "True", "False", "True", str(tmp_path / "sitecustomize.py")]


def test_without_another_sitecustomize_there_is_ours():
    """And nothing of it in sys.path."""
    assert out(run(sys.executable, "-c", LOOK)) == ["True", "False", "True", "None"]


def test_a_broken_sitecustomize_is_as_broken_as_without(tmp_path):
    """Python says so, the program runs, and the shim is on."""
    (tmp_path / "sitecustomize.py").write_text("import nonsense_that_is_missing")
    done = run(sys.executable, "-c", "from shim import switch; print(switch.installed())", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout.strip()) == (0, "True")
    assert "nonsense_that_is_missing" in done.stderr


def test_a_python_without_the_shim_runs_all_the_same(tmp_path):
    """With a line that says so."""
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "__init__.py").write_text("")
    done = run(sys.executable, "-c", "print('fine')", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "fine\n")
    assert "atlas-shim: not switched on" in done.stderr


def test_the_exit_code_is_the_programs():
    """Whatever it is."""
    assert run(sys.executable, "-c", "raise SystemExit(37)").returncode == 37


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_signals_reach_the_program():
    """The program is the process that was started, so its parent sees the signal that ended it."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert run(sys.executable, "-c", code).returncode == -signal.SIGTERM


def test_arguments_are_the_programs():
    """Also those that look like ours, with and without the two dashes."""
    code = "import sys; print(sys.argv[1:])"
    done = run(sys.executable, "-c", code, "--help", "--", "-o", "json")
    assert done.stdout.strip() == "['--help', '--', '-o', 'json']"


def test_a_program_that_never_calls_atlas_has_no_library_more(tmp_path):
    """Neither httpx nor requests is imported for it."""
    code = "import sys; print({'httpx', 'requests', 'click', 'urllib3'} & set(sys.modules))"
    assert run(sys.executable, "-c", code).stdout.strip() == "set()"


@pytest.mark.parametrize(("name", "code"), [("nonsense-that-is-missing", 127), ("/", 126)])
def test_a_command_that_cannot_be_run_is_said_to_be(name, code):
    """With a shell's exit codes."""
    done = run(name)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1


def test_wrong_settings_stop_the_start():
    """Before the program runs."""
    done = run(sys.executable, "-c", "print('ran')", ATLAS_SHIM_ROUTE="flexx")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ATLAS_SHIM_ROUTE" in done.stderr


def test_without_the_extra_it_does_not_start(tmp_path):
    """A program that goes uncovered is not what was asked for; the way out is named."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['wrapt'] = None")
    done = run(sys.executable, "-c", "print('ran')", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'atlas-shim[auto]'" in done.stderr


def test_settings_that_run_has_checked_cost_its_children_nothing():
    """Neither the engine nor wrapt is loaded in a child that imports no library; other settings are checked."""
    code = "import sys, os; print({'wrapt', 'attrs', 'shim.core.settings'} & set(sys.modules))"
    settings = {"ATLAS_SHIM_ROUTE": "auto", "ATLAS_SHIM_SUNSET": "snapshots=2026-01-01"}
    assert run(sys.executable, "-c", code, **settings).stdout.strip() == "set()"
    child = "import os, subprocess, sys; os.environ['ATLAS_SHIM_ROUTE'] = 'flexx'; "
    child += "subprocess.run([sys.executable, '-c', 'print(1)'])"
    done = run(sys.executable, "-c", child, **settings)
    assert done.stdout.strip() == "1"
    assert "not switched on" in done.stderr
    assert "'flexx' is not one of" in done.stderr


def test_an_isolated_python_is_told_apart():
    """It ignores PYTHONPATH; what belongs to the program is not looked at."""
    assert [_isolated(["python3", *flags, "x.py"]) for flags in (["-I"], ["-bE"], ["-S"])] == [True] * 3
    assert [_isolated(["python3", *flags]) for flags in (["x.py", "-I"], ["-c", "-I"], ["-W", "x"], ["-u"])] == [
        False
    ] * 4
    assert not _isolated(["gunicorn", "-I"])
    done = run(sys.executable, "-I", "-c", "print('fine')")
    assert done.stdout == "fine\n"
    assert "ignore PYTHONPATH" in done.stderr


def test_the_environment_is_the_callers_but_for_one_entry():
    """Once, first, and no empty entry, which would mean the working directory; and for the mark of what was checked."""
    assert environment_for({"A": "b"}) == {"A": "b", "PYTHONPATH": LAUNCH, CHECKED: ""}
    again = environment_for(environment_for({"PYTHONPATH": f"x{os.pathsep}"}))
    assert again["PYTHONPATH"] == f"{LAUNCH}{os.pathsep}x"


def test_the_launch_folder_holds_a_sitecustomize_and_nothing_else():
    """It is put before everything in PYTHONPATH."""
    assert [path.name for path in Path(LAUNCH).iterdir() if path.name != "__pycache__"] == ["sitecustomize.py"]
