"""The command as a whole: help, version, lazy loading."""

import subprocess
import sys

import click
import pytest

import shim
from shim.cli import COMMANDS, main


def imported(name):
    """The command of a name, from the module that it stands in."""
    return main.get_command(click.Context(main), name)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_in_the_help_has_its_own_first_sentence(run, name):
    """The list of commands says of each what its own help starts with."""
    first = " ".join(imported(name).help.split("\n\n")[0].split())
    assert first == COMMANDS[name]
    assert first.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_tells_its_exit_codes(run, name):
    """A script's author finds the exit codes in the help."""
    shown = run(name, "--help")
    assert shown.exit_code == 0
    assert "Exit codes:" in " ".join(shown.output.split())


def test_the_help_lists_every_command(run):
    """The short flag works too."""
    shown = run("-h").output
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("words", [("-h",), *((name, "-h") for name in COMMANDS), ("snapshots", "list", "-h")])
def test_help_fits_eighty_columns(run, words):
    """No line of any help is longer than a terminal is wide."""
    assert max(map(len, run(*words).output.splitlines())) <= 80


def test_the_version_is_the_packages(run):
    """``--version`` names the program and its version."""
    assert run("--version").output == f"atlas-shim {shim.__version__}\n"


def test_a_word_that_is_no_command_is_bad_usage(run):
    """A mistyped command ends with exit code 2."""
    done = run("demmo")
    assert done.exit_code == 2
    assert "demmo" in done.stderr


def test_the_help_loads_no_http_library():
    """``atlas-shim --help`` is quick, and works without any extra."""
    code = (
        "import sys\n"
        "from shim.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'httpx', 'aiohttp', 'httptools', 'rich'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["serve", "demo", "fake-atlas"])
def test_a_missing_extra_is_named(name):
    """Without what a command needs it says what to install, in one line."""
    lacking = "sys.modules['aiohttp'] = sys.modules['httptools'] = None"
    code = f"import sys\n{lacking}\nfrom shim.cli import main\nmain(['{name}'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'atlas-shim[gateway]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("snapshots", "list", "g", "c"),
        ("restores", "watch", "g", "c", "j"),
        ("instances", "list", "g"),
        ("diff", "g", "c"),
        ("explain", "GET", "/"),
        ("check",),
        ("serve", "--help"),
    ],
)
def test_other_commands_need_no_extra(words):
    """Reading, explaining and checking work with the base install alone."""
    code = (
        "import sys\n"
        "for name in ('aiohttp', 'httptools', 'orjson', 'prometheus_client', 'rich'): sys.modules[name] = None\n"
        "from shim.cli import main\n"
        f"main({list(words)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1, 2}
    assert "pip install" not in done.stderr
    assert "Traceback" not in done.stderr


def test_no_flag_takes_a_credential():
    """Credentials never stand on a command line, where every process can read them; paths of files may."""
    paths = {"--keys-file", "--tls-key", "--upstream-key"}
    words = ("key", "secret", "token", "password", "client-id")
    flags = []
    for name in COMMANDS:
        group = imported(name)
        for command in (group, *getattr(group, "commands", {}).values()):
            flags += [flag for parameter in command.params for flag in parameter.opts]
    assert "--route" in flags
    assert not [flag for flag in flags if flag not in paths and any(word in flag for word in words)]
