"""Inventories are summed up by operation and caller, whatever their lines hold."""

import json
import os

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from shim.cli import main
from shim.tools.inventory.reading import read_inventory

LIST = "listServerlessBackupSnapshots"


def line(**members):
    return json.dumps({"time": "2026-06-01T00:00:00Z", "operation": LIST, "api": "v2", "route": "flex", **members})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text(
        "\n".join(
            [
                line(file="a.py", line=3, absent=["storageSizeBytes"], derived=["createdAt"]),
                line(file="a.py", line=3, time="2026-06-03T00:00:00Z", absent=["x"], dropped=2),
                line(file="a.py", line=9, api="v1.0"),
                line(agent="curl/8.5.0", route="legacy", time="2026-06-02T00:00:00Z"),
                line(operation="deleteServerlessPrivateEndpoint", agent="curl/8.5.0", route="none"),
                line(operation="somethingElse"),
            ]
        )
        + "\n"
    )
    return path


def test_calls_are_counted_by_operation_and_place(file):
    """Each caller has its count, its last call, and everything its answers lacked."""
    found = read_inventory([file])
    caller = next(one for one in found.callers if one.place == "a.py:3")
    assert (caller.count, caller.last, caller.dropped) == (2, "2026-06-03T00:00:00Z", 2)
    assert (caller.absent, caller.derived, caller.routes) == (["storageSizeBytes", "x"], ["createdAt"], {"flex": 2})
    assert (len(found.callers), found.lines, found.broken) == (5, 6, 0)
    assert sum(one.count for one in read_inventory([file, file]).callers) == 12


@pytest.mark.parametrize(
    "bad",
    [b"{", b"[]", b"null", b"{}", b"3", b'{"time":1,"operation":"x"}', b"\xff\xfe",
     b'{"time":"t","operation":"o","line":"x"}',
     b'{"time":"t","operation":"o","absent":[1]}', b'{"time":"t","operation":"o","absent":3}', b"[" * 100000],
)  # fmt: skip
def test_a_broken_line_is_counted_and_left_out(file, bad):
    """A line that is not a record changes nothing else."""
    file.write_bytes(file.read_bytes() + bad + b"\n\n")
    found = read_inventory([file])
    assert (found.broken, found.lines, len(found.callers)) == (1, 7, 5)


@given(st.lists(st.binary(max_size=80)))
def test_anything_can_be_read(tmp_path_factory, lines):
    """No content of a file is an error."""
    path = tmp_path_factory.mktemp("inventory") / "x.jsonl"
    path.write_bytes(b"\n".join(lines))
    read_inventory([path])


def run(*args, **environ):
    return CliRunner().invoke(main, ["inventory", *map(str, args)], env=environ)


def test_the_command_says_who_calls_and_what_to_call_instead(file):
    """It prints callers, counts, fields, the successor's call, and the command that explains it."""
    done = run(file)
    assert done.exit_code == 0
    for words in (
        "a.py:3",
        "absent: storageSizeBytes, x; derived: createdAt",
        "The call to make instead",
        "atlas-shim explain GET '/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots'",
        "There is no successor.",
        "No mapping document knows this operation.",
    ):
        assert words in done.output


def test_the_command_gives_json(file):
    """With -o json the same is there for programs."""
    file.write_text(file.read_text() + "broken\n")
    data = json.loads(run(file, "-o", "json").output)
    assert (data["lines"], data["broken"]) == (7, 1)
    by_name = {one["operation"]: one for one in data["operations"]}
    assert by_name[LIST]["count"] == 4
    assert by_name[LIST]["explain"].startswith("atlas-shim explain GET ")
    assert by_name["deleteServerlessPrivateEndpoint"]["gone"]["see"].startswith("https://")
    assert by_name["somethingElse"]["sunset"] is None


def test_the_file_of_the_variable_is_read(file):
    """Without a FILE it is the one that the variable names."""
    assert "a.py:3" in run(ATLAS_SHIM_INVENTORY=str(file)).output


def test_without_a_file_the_command_says_so():
    """Neither FILE nor variable is bad usage, and so is a file that is not there."""
    assert run(ATLAS_SHIM_INVENTORY="").exit_code == 2
    assert run(ATLAS_SHIM_INVENTORY="/nowhere/x.jsonl").exit_code == 2


def test_only_a_regular_file_is_read(file, tmp_path):
    """A pipe would be waited for, and a link leads to somebody else's file: bad usage, with the reason."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(file)
    for name, reason in (("pipe", "not a regular file"), ("link", "it is a link, and links are not followed")):
        done = run(tmp_path / name)
        assert done.exit_code == 2
        assert f"{tmp_path / name}: {reason}" in done.output
