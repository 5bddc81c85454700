"""Words, flags and their errors, against what cobra and pflag made of the same words."""

import json
from pathlib import Path

import pytest

from shim.cli.atlas_cli import flags
from shim.cli.atlas_cli.commands import COMMANDS
from shim.cli.atlas_cli.run import find
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY

RECORDED = json.loads((Path(__file__).parent / "cobra.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", [case for case in RECORDED if "values" in case], ids=lambda case: case["words"])
def test_words_mean_what_they_meant(case):
    """Command, arguments and values are those that cobra found."""
    words = case["words"].split()
    command, rest = find(words, list(flags.words_of(words)))
    assert command is not None
    values, others = flags.parse(rest, command.flags)
    assert (command.path, others) == (case["path"], case["arguments"])
    assert {name: value for name, value in values.items() if value not in {"", False}} == case["values"]


@pytest.mark.parametrize("case", [case for case in RECORDED if "stderr" in case], ids=lambda case: case["words"])
def test_wrong_words_fail_with_the_same_words(case, atlas, monkeypatch):
    """What cobra and the CLI's checks refused is refused in the same words, with exit code 1 and an empty stdout."""
    monkeypatch.setenv("MONGODB_ATLAS_PUBLIC_API_KEY", DEMO_PUBLIC_KEY)
    monkeypatch.setenv("MONGODB_ATLAS_PRIVATE_API_KEY", DEMO_PRIVATE_KEY)
    done = atlas(*case["words"].split())
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", case["stderr"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("serverless create shop", 'required flag(s) "provider", "region" not set'),
        ("serverless create shop --provider AWS --region X --tag env", "env must be formatted as key=value"),
        (
            "serverless update shop --enableTerminationProtection --disableTerminationProtection",
            "[disableTerminationProtection enableTerminationProtection] were all set",
        ),
        ("serverless delete shop", "EOF"),
        ("serverless list --projectId shop", "the provided value 'shop' is not a valid ID"),
        (
            "serverless backups snapshots describe --clusterName x --snapshotId s",
            "snapshotId: 's' is not 24 hexadecimal digits, as all of Atlas' ids are",
        ),
    ],
)
def test_wrong_values_are_refused_in_the_same_words(words, said, atlas, signed_in, server):
    """What is missing or contradicts itself is said, and nothing is sent."""
    done = atlas(*words.split())
    assert done.exit_code == 1
    assert done.stderr.rstrip().endswith(said)
    assert not server.fake.arrivals


def test_an_unknown_command_is_told_what_there_is(atlas):
    """A misspelt command lists the spoken ones."""
    done = atlas("serverless", "backups", "snapshot", "lst")
    assert done.exit_code == 1
    assert "serverless backups snapshots list" in done.stderr


def test_groups_and_help_are_shown(atlas):
    """A group alone lists its commands, `--help` the flags; both are a success on stdout."""
    group, one = atlas("serverless"), atlas("serverless", "backups", "restores", "create", "-h")
    assert (group.exit_code, one.exit_code) == (0, 0)
    assert all(command.usage in group.stdout for command in COMMANDS)
    assert "--targetClusterName" in one.stdout
