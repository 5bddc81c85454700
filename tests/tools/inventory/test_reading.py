"""Inventories are summed by operation and caller, whatever their lines contain."""

import json
import os
from functools import partial

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from shim.cli import main
from shim.tools.inventory.reading import read_inventory
from shim.tools.inventory.writing import announced, write
from shim.tools.radar.radar import Sighting

LIST = "listServerlessBackupSnapshots"


def line(**members):
    return json.dumps(
        {
            "time": "2026-06-01T00:00:00Z",
            "operation": LIST,
            "api": "v2",
            "route": "flex",
            **members,
        }
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text(
        "\n".join(
            [
                line(
                    file="a.py",
                    line=3,
                    absent=["storageSizeBytes"],
                    derived=["createdAt"],
                ),
                line(
                    file="a.py",
                    line=3,
                    time="2026-06-03T00:00:00Z",
                    absent=["x"],
                    dropped=2,
                ),
                line(file="a.py", line=9, api="v1.0"),
                line(agent="curl/8.5.0", route="legacy", time="2026-06-02T00:00:00Z"),
                line(
                    operation="deleteServerlessPrivateEndpoint",
                    agent="curl/8.5.0",
                    route="none",
                ),
                line(operation="somethingElse"),
            ]
        )
        + "\n"
    )
    return path


def test_calls_are_counted_by_operation_and_place(file):
    """Each caller has its count, its last call, and all fields that its replies lacked."""
    found = read_inventory([file])
    caller = next(one for one in found.callers if one.place == "a.py:3")
    assert caller.count == 2
    assert caller.last == "2026-06-03T00:00:00Z"
    assert caller.dropped == 2
    assert caller.absent == ["storageSizeBytes", "x"]
    assert caller.derived == ["createdAt"]
    assert caller.route == "flex"
    assert len(found.callers) == 5
    assert found.lines == 6
    assert found.broken == 0
    assert sum(one.count for one in read_inventory([file, file]).callers) == 12


@pytest.mark.parametrize(
    "bad",
    [b"{", b"[]", b"null", b"{}", b"3", b'{"time":1,"operation":"x"}', b"\xff\xfe",
     b'{"time":"t","operation":"o","line":"x"}',
     b'{"time":"t","operation":"o","absent":[1]}', b'{"time":"t","operation":"o","absent":3}', b"[" * 60000,
     *(b'{"time":"%s","operation":"o"}' % when for when in
       (b"yesterday", b"2026-13-01T00:00:00Z", b"0000-01-01T00:00:00Z", b"2026-01-01T25:00:00Z"))],
)  # fmt: skip
def test_a_malformed_line_is_counted_and_ignored(file, bad):
    """It doesn't affect the rest."""
    file.write_bytes(file.read_bytes() + bad + b"\n\n")
    found = read_inventory([file])
    assert found.broken == 1
    assert found.lines == 7
    assert len(found.callers) == 5


@given(st.lists(st.binary(max_size=80)))
def test_any_file_can_be_read(tmp_path_factory, lines):
    """No content of a file is an error."""
    path = tmp_path_factory.mktemp("inventory") / "x.jsonl"
    path.write_bytes(b"\n".join(lines))
    read_inventory([path])


def run(*args, **environ):
    return CliRunner().invoke(main, ["inventory", *map(str, args)], env=environ)


def test_the_command_shows_callers_and_replacements(file):
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


def test_the_command_prints_json(file):
    """-o json has the same information for programs."""
    file.write_text(file.read_text() + "broken\n")
    data = json.loads(run(file, "-o", "json").output)
    assert data["lines"] == 7
    assert data["broken"] == 1
    by_name = {one["operation"]: one for one in data["operations"]}
    assert by_name[LIST]["count"] == 4
    assert by_name[LIST]["explain"].startswith("atlas-shim explain GET ")
    assert by_name["somethingElse"]["sunset"] is None


def test_without_a_file_the_variable_is_used(file):
    """Without either it is bad usage, and so is a missing file."""
    assert "a.py:3" in run(ATLAS_SHIM_INVENTORY=str(file)).output
    assert run(ATLAS_SHIM_INVENTORY="").exit_code == 2
    assert run(ATLAS_SHIM_INVENTORY="/nowhere/x.jsonl").exit_code == 2


def test_only_a_regular_file_is_read(file, tmp_path):
    """A pipe would block, and a link may lead to another user's file: both are bad usage, with the reason."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(file)
    for name, reason in (
        ("pipe", "not a regular file"),
        ("link", "it is a link, and links are not followed"),
    ):
        done = run(tmp_path / name)
        assert done.exit_code == 2
        assert f"{tmp_path / name}: {reason}" in done.output


PATH = "/api/atlas/v2/groups/{}/backup/exportBuckets/{}"


def sighting(sunset):
    """Return the record of a reply that announces an end at an instant, in seconds since the epoch."""
    return Sighting(
        method="GET", path=PATH, version="2023-02-01", first=0, last=0,
        sunset=sunset, deprecation=1722816000.0,
    )  # fmt: skip


def test_the_command_shows_the_next_sunsets(tmp_path):
    """They are sorted by date with their callers, in text and JSON; the latest announcement counts."""
    file = tmp_path / "calls.jsonl"
    for sunset in (1830000000, 1814400000):
        environ = {"ATLAS_SHIM_INVENTORY": str(file)}
        write(
            partial(announced, sighting(sunset), agent="jobs/1", peer="10.0.0.1"),
            environ,
        )
    undated = {
        "time": "2026-06-01T00:00:00Z",
        "announced": "GET /a/{}",
        "deprecation": "2026-05-01T00:00:00Z",
        "agent": "curl/8",
    }
    broken = undated | {"announced": 3}
    file.write_text(
        file.read_text() + "".join(f"{json.dumps(one)}\n" for one in (undated, broken))
    )
    found = json.loads(
        CliRunner().invoke(main, ["inventory", str(file), "--output", "json"]).stdout
    )
    assert [
        (one["operation"], one.get("sunset"), one["deprecation"], one["count"])
        for one in found["announced"]
    ] == [
        (
            "GET /api/atlas/v2/groups/{}/backup/exportBuckets/{}",
            "2027-07-01T00:00:00Z",
            "2024-08-05T00:00:00Z",
            2,
        ),
        ("GET /a/{}", None, "2026-05-01T00:00:00Z", 1),
    ]
    assert found["operations"] == []
    assert found["broken"] == 1
    assert found["announced"][0]["place"] == "jobs/1 from 10.0.0.1"
    text = CliRunner().invoke(main, ["inventory", str(file)]).stdout
    for shown in (
        "/api/atlas/v2/groups/{}/backup/exportBuckets/{}",
        "2027-07-01",
        "curl/8",
    ):
        assert shown in text
