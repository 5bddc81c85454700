"""Commands, flags and errors, compared with cobra and pflag; other commands go to the real Atlas CLI."""

import json
import os
from pathlib import Path

import pytest

from shim.cli.atlas_cli import flags
from shim.cli.atlas_cli.commands import COMMANDS
from shim.cli.atlas_cli.run import MARK, find, hand_over
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY

READING = tuple(
    f"Error: {words}"
    for words in ("unknown", "flag needs", "invalid argument", "bad flag syntax")
)
"""How errors of cobra's flag parser begin."""
RECORDED = json.loads((Path(__file__).parent / "cobra.json").read_text("utf-8"))[
    "cases"
]


@pytest.mark.parametrize(
    "case",
    [case for case in RECORDED if "values" in case],
    ids=lambda case: case["words"],
)
def test_arguments_are_parsed_as_by_cobra(case):
    """The command, its arguments and the flags' values are the same."""
    words = case["words"].split()
    command, rest = find(words, list(flags.words_of(words)))
    assert command is not None
    values, others = flags.parse(rest, command.flags)
    assert command.path == case["path"]
    assert others == case["arguments"]
    assert {
        name: value for name, value in values.items() if value not in {"", False}
    } == case["values"]


@pytest.mark.parametrize(
    "case",
    [case for case in RECORDED if "stderr" in case],
    ids=lambda case: case["words"],
)
def test_wrong_arguments_fail(case, atlas, monkeypatch):
    """The exit code is 1 and stdout is empty. Errors of the CLI's own checks have the same text."""
    monkeypatch.setenv("MONGODB_ATLAS_PUBLIC_API_KEY", DEMO_PUBLIC_KEY)
    monkeypatch.setenv("MONGODB_ATLAS_PRIVATE_API_KEY", DEMO_PRIVATE_KEY)
    done = atlas(*case["words"].split())
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr[:7] == "Error: "
    assert done.stderr == case["stderr"] or case["stderr"].startswith(READING)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("serverless create shop", 'required flag(s) "provider", "region" not set'),
        (
            "serverless create shop --provider AWS --region X --tag env",
            'invalid argument "env" for --tag',
        ),
        *(
            (f"serverless list {word}", f"unknown flag: {word}")
            for word in ("--foo", "-x", "---x")
        ),
        *(
            (f"serverless list {word}", f"flag needs an argument: {word}")
            for word in ("--limit", "-o")
        ),
        (
            "serverless list --page=9223372036854775808",
            'invalid argument "9223372036854775808" for --page',
        ),
        (
            "serverless list --omitCount=maybe",
            'invalid argument "maybe" for --omitCount',
        ),
        (
            "serverless update shop --enableTerminationProtection --disableTerminationProtection",
            "--enableTerminationProtection and --disableTerminationProtection can't both be set",
        ),
        ("serverless delete shop", "EOF"),
        (
            "serverless list --projectId shop",
            "the provided value 'shop' is not a valid ID",
        ),
        (
            "serverless backups snapshots describe --clusterName x --snapshotId s",
            "snapshotId: 's' is not 24 hexadecimal digits, as all of Atlas's ids are",
        ),
    ],
)
def test_wrong_flags_and_values_are_refused(words, said, atlas, signed_in, server):
    """The error describes the missing or conflicting flag, and nothing is sent."""
    done = atlas(*words.split())
    assert done.exit_code == 1
    assert done.stderr.rstrip().endswith(said)
    assert not server.fake.arrivals


def test_an_unknown_command_lists_the_known_ones(atlas):
    """A misspelled command is an example."""
    done = atlas("serverless", "backups", "snapshot", "lst")
    assert done.exit_code == 1
    assert "serverless backups snapshots list" in done.stderr


def test_groups_and_help_are_shown(atlas):
    """A group alone lists its commands and `--help` the flags; both print to stdout and succeed."""
    group = atlas("serverless")
    one = atlas("serverless", "backups", "restores", "create", "-h")
    assert group.exit_code == 0
    assert one.exit_code == 0
    assert all(command.usage in group.stdout for command in COMMANDS)
    assert "--targetClusterName" in one.stdout


@pytest.fixture
def became(monkeypatch):
    """Record the program that would replace this process."""
    calls = []
    monkeypatch.setattr(
        os, "execve", lambda path, words, environ: calls.append((path, words, environ))
    )
    return calls


def executable(folder, text="#!/bin/sh\n"):
    folder.mkdir()
    path = folder / "atlas"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "words", [("clusters", "list"), ("--version",), ("-P", "sl", "auth", "whoami"), ()]
)
def test_without_the_real_cli_a_line_explains_this_one(words, atlas):
    """It goes to stderr, and the exit code is that of a missing command."""
    done = atlas(*words)
    assert done.exit_code == 127
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "to the Atlas CLI, which is not on the PATH" in done.stderr


def test_other_arguments_are_passed_on_unchanged(tmp_path, became, monkeypatch, atlas):
    """That includes options and `--`; the shim doesn't interpret them."""
    real = executable(tmp_path / "real", b"\x7fELF")
    monkeypatch.setenv("PATH", str(real.parent))
    atlas("--profile", "serverless", "clusters", "--help", "--", "-o")
    ((path, words, _),) = became
    assert path == str(real)
    assert words == [
        "atlas",
        "--profile",
        "serverless",
        "clusters",
        "--help",
        "--",
        "-o",
    ]


def test_wrappers_of_the_shim_are_skipped(tmp_path, became):
    """A script that mentions atlas-shim isn't the Atlas CLI; the next program on the PATH is."""
    wrapper = executable(tmp_path / "a", '#!/bin/sh\nexec atlas-shim atlas "$@"\n')
    module = executable(tmp_path / "b", '#!/bin/sh\nexec python3 -m shim atlas "$@"\n')
    real = executable(tmp_path / "c", b"\x7fELF")
    hand_over(
        ["version"],
        {"PATH": os.pathsep.join(str(path.parent) for path in (wrapper, module, real))},
    )
    assert became[0][0] == str(real)


def test_a_wrapper_that_calls_back_is_tried_once(tmp_path, became, capsys):
    """A wrapper that isn't detected is skipped after one round, whether it is the same process or the parent.

    The mark affects only these two: a plugin of the real CLI starts without it.
    """
    environ = {
        "PATH": str(executable(tmp_path / "odd", b"\x7fELF that calls us again").parent)
    }
    hand_over(["version"], environ)
    assert became[0][2][MARK] == str(os.getpid())
    for pid in (os.getpid(), os.getppid()):
        assert hand_over(["version"], {**environ, MARK: str(pid)}) == 127
    assert "not on the PATH" in capsys.readouterr().err
    hand_over(["version"], {**environ, MARK: "1"})
    assert len(became) == 2


def test_a_program_that_can_not_run_is_reported(tmp_path, capsys):
    """As in a shell, the error has the program and the reason, and the exit code is 126."""
    broken = executable(tmp_path / "broken", b"neither a program nor a script")
    assert hand_over([], {"PATH": str(broken.parent)}) == 126
    assert capsys.readouterr().err == f"atlas-shim: {broken}: Exec format error\n"
