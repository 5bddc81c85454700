"""The command as a whole: help, version, lazy loading."""

import json
import re
import subprocess
import sys

import click
import pytest

import shim
from shim.cli import COMMANDS, GROUPS, main, output
from shim.cli.output import write_json
from shim.extras import hint


def imported(name):
    """Return the module of a command."""
    return main.get_command(click.Context(main), name)


@pytest.mark.parametrize(
    "letter",
    ["\x7f", "\x85", "\x9b", "\u200f", "\u202e", "\u2066", "\U000e0041", "\ud800", "é"],
)
def test_json_can_not_control_a_terminal(capfdbinary, letter):
    """Control and bidirectional characters are escaped; the parsed value is the same, in UTF-8."""
    write_json({letter: [letter, 2**70, None]})
    shown = capfdbinary.readouterr().out.decode("utf-8")
    assert json.loads(shown) == {letter: [letter, 2**70, None]}
    assert all(line.isprintable() for line in shown.splitlines())
    assert (letter == "é") == (letter in shown)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_command_is_complete(run, name):
    """It starts with the sentence of the command list, explains the exit codes, and fits 80 columns."""
    shown = run(name, "-h")
    first = " ".join(imported(name).help.split("\n\n")[0].split())
    assert shown.exit_code == 0
    assert first == COMMANDS[name]
    assert first[-1] == "."
    assert "Exit codes:" in " ".join(shown.output.split())
    assert max(map(len, shown.output.splitlines())) <= 80


def test_the_help_has_a_row_for_each_command(run):
    """Only hidden commands have none; the short flag works too."""
    shown = run("-h").output
    listed = re.findall(r"^  ([a-z]+)  +(.+\.)$", shown, re.MULTILINE)
    assert listed == [row for rows in GROUPS.values() for row in rows.items()]
    assert len(listed) == 13
    assert len(GROUPS) == 5
    assert max(map(len, shown.splitlines())) <= 80


def test_the_version_is_that_of_the_package(run):
    """``--version`` prints the program and its version."""
    assert run("--version").output == f"atlas-shim {shim.__version__}\n"


@pytest.mark.parametrize("name", ["demmo", "diff", "snapshots"])
def test_an_unknown_command_is_bad_usage(run, name):
    """A misspelled command, or one of an earlier version, is exit code 2."""
    done = run(name)
    assert done.exit_code == 2
    assert f"No such command '{name}'" in done.stderr


def python(code, **more):
    """Run a program that has the command as ``main``."""
    code = f"import sys\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code],
        text=True,
        check=False,
        stderr=subprocess.PIPE,
        **more,
    )


def lacking(names, commands):
    """Run commands with certain modules missing; return each exit code and all output."""
    code = f"""
for name in {names!r}: sys.modules[name] = None
from shim.cli import main
for words in {commands!r}:
    try: main(words.split())
    except SystemExit as end: print("code", end.code)
"""
    done = python(code, stdout=subprocess.PIPE)
    assert "Traceback" not in done.stderr
    return [
        int(number) for number in re.findall(r"^code (\d)", done.stdout, re.MULTILINE)
    ], done.stdout + done.stderr


def test_commands_without_calls_load_no_http_library():
    """``atlas-shim --help`` is fast and works without any extra; so does a misspelled command."""
    loads = "print({name.split('.')[0] for name in sys.modules} & {'httpx', 'aiohttp', 'httptools', 'requests'})"
    for_each = "for words in ('--help', 'atlas serverless list --what'):"
    calls = f"{for_each}\n try: main(words.split())\n except SystemExit: pass"
    done = python(
        f"from shim.cli import main\n{calls}\n{loads}", stdout=subprocess.PIPE
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_missing_extra_is_reported():
    """One line shows what to install; other commands don't need the extra."""
    codes, said = lacking(["httptools"], ["serve", "demo", "check --drain 9"])
    assert codes == [2, 2, 2]
    assert " ".join(said.split()).count(hint("httptools")) == 3
    others = ["explain GET /", "check", "serve --help"]
    codes, said = lacking(
        ["aiohttp", "httptools", "orjson", "prometheus_client"], others
    )
    assert len(codes) == 3
    assert "pip install" not in said


def test_a_full_disk_is_not_a_clean_scan(tmp_path):
    """Exit code 1 of a scan means that nothing was found, so a failure needs another one."""
    (tmp_path / "a.sh").write_text("atlas serverless list\n")
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = python(
            f"from shim.cli import main; main(['scan', {str(tmp_path)!r}])", stdout=full
        )
    assert done.returncode == 2
    assert done.stderr == "Error: the output: No space left on device\n"


def test_no_flag_accepts_a_credential():
    """Every process can read a command line; paths of files are allowed."""
    paths = {"--keys-file", "--tls-key"}
    words = ("key", "secret", "token", "password", "client-id")
    flags = [
        flag
        for name in COMMANDS
        for parameter in imported(name).params
        for flag in parameter.opts
    ]
    assert "--route" in flags
    assert not [
        flag
        for flag in flags
        if flag not in paths and any(word in flag for word in words)
    ]


WIDE = (
    "POST /api/atlas/v2/groups/{groupId}/clusters/{clusterName}/backup/restoreJobs",
    "12",
    "a text of some words " * 3,
)


@pytest.mark.parametrize(
    "rows",
    [[("CALL", "CALLS", "WHY"), WIDE], [("A", "B") * 9, ("2026-01-01", "x" * 30) * 9]],
)
@pytest.mark.parametrize("columns", [80, 0])
def test_a_table_fits_a_terminal(monkeypatch, capsys, rows, columns):
    """A pipe gets unwrapped lines. No cell loses text."""
    monkeypatch.setattr(output, "columns_of", lambda stream: columns)
    output.write_table(rows, "  ")
    lines = capsys.readouterr().out.splitlines()
    if columns:
        assert max(map(len, lines)) <= columns
    else:
        assert len(lines) == len(rows)
    shown = "".join("".join(lines).split())
    assert sorted(shown) == sorted(
        "".join("".join(cell.split()) for row in rows for cell in row)
    )
