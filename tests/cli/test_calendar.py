"""``calendar``: what Atlas retires on which day, and the affected calls in an inventory."""

import json
from datetime import UTC, datetime

import pytest

from shim.tools.announced import announced_ends, unnamed


@pytest.fixture
def listed(run):
    """Return a function that lists the calendar and returns its JSON."""

    def listed(*words, env=None, code=0):
        done = run("calendar", *words, "-o", "json", env=env)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    return listed


ALL_DAYS = ("--within", "5000")


def test_the_calendar_has_all_ends_of_the_documents(listed, time_machine):
    """They are sorted by day, each with its replacement."""
    time_machine.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    ends = listed(*ALL_DAYS, code=4)["ends"]
    assert [one["sunset"] for one in ends] == sorted(one["sunset"] for one in ends)
    said = [
        (one["sunset"], one["method"], one["version"], one["source"]) for one in ends
    ]
    assert (
        "2027-03-01",
        "PATCH",
        "2024-08-05",
        "atlas-clusters/cluster_writes.toml",
    ) in said
    assert listed("--within", "0")["ends"]
    ahead = [one for one in ends if one["left"] > 0]
    assert len(ahead) == 77
    assert all(one["place"] and one["served"] for one in ahead)
    assert [one["path"] for one in ahead if one["served"] == "no"] == [
        "/api/atlas/v2/users"
    ]
    partly = {
        name: one["served"]
        for one in ends
        for name in one["names"]
        if one["served"].startswith("in part")
    }
    assert (
        partly["createServerlessBackupRestoreJob"]
        == "in part; not deliveryType pointInTime on flex"
    )
    assert (
        partly["updateCluster20230101"]
        == "in part; some bodies: ATLAS_SHIM_WRITES=clusters"
    )


def test_every_end_that_atlas_announced_has_a_row(listed):
    """It has the newest date. Each dated version is in a document; previews have only the announcement."""
    ends = listed(*ALL_DAYS, code=4)["ends"]
    rows = {(one["method"], unnamed(one["path"]), one["version"]): one for one in ends}
    assert rows.keys() == announced_ends().keys()
    assert len(rows) == 135
    for key, end in announced_ends().items():
        newest = max(end.announced, key=lambda one: one.seen)
        assert rows[key]["sunset"] == newest.sunset
        assert rows[key]["announced"][0] == {
            "seen": newest.seen,
            "sunset": newest.sunset,
        }
    previews = {key for key, row in rows.items() if row["served"] == "announced only"}
    assert previews == {key for key in rows if key[2] == "preview"}


def test_the_calls_of_a_pipeline_have_their_replacement(listed):
    """All thirteen are listed."""
    ended = [
        one
        for one in listed(*ALL_DAYS, code=4)["ends"]
        if one["source"] == "atlas-data-lake/pipelines.toml"
    ]
    assert {(one["sunset"], one["served"]) for one in ended} == {("2025-09-30", "no")}
    assert all("backup/exports" in one["place"][0] for one in ended)
    assert len(ended) == 13


@pytest.mark.parametrize(
    ("day", "within", "code"), [(1, 3, 4), (1, 2, 0), (3, 1, 4), (4, 3, 0), (5, 3, 0)]
)
def test_the_window_includes_its_last_day(listed, time_machine, day, within, code):
    """A sunset on 2027-02-04 is "soon" from that many days before until its own day."""
    time_machine.move_to(datetime(2027, 2, day, tzinfo=UTC))
    listed("--within", str(within), code=code)


@pytest.mark.parametrize(
    ("line", "code", "seen"),
    [
        (
            {
                "announced": "PATCH /api/atlas/v2/groups/{}/clusters/{}",
                "version": "2024-08-05",
            },
            4,
            ["updateCluster"],
        ),
        (
            {
                "announced": "PATCH /api/atlas/v2/groups/{}/clusters/{}",
                "version": "2024-10-23",
            },
            0,
            [],
        ),
        ({"announced": "GET /api/atlas/v2/groups/{}/other"}, 0, []),
    ],
)
def test_an_inventory_limits_the_calendar(
    listed, tmp_path, time_machine, line, code, seen
):
    """After a search, a sunset that affects no found call doesn't fail a build."""
    time_machine.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    file = tmp_path / "calls.jsonl"
    file.write_text(
        json.dumps({"time": "2026-06-01T00:00:00Z", "agent": "curl/8", **line}) + "\n",
        "utf-8",
    )
    ends = listed(*ALL_DAYS, "--seen", str(file), code=code)["ends"]
    assert [one["names"][0] for one in ends if one["seen"]] == seen
    env = {"ATLAS_SHIM_INVENTORY": str(file)}
    assert listed(*ALL_DAYS, env=env, code=code)["ends"] == ends


CALLED = json.dumps(
    {
        "operation": "listServerlessBackupSnapshots",
        "route": "flex",
        "time": "2026-06-01T00:00:00Z",
        "agent": "curl/8",
    }
)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (CALLED, 5, "\n\n0 calls that were seen end within 90 days; 1 have ended."),
        *(
            (text, 2, "is not an inventory")
            for text in ("[]", "\xff", "{}\n", '{\n "findings": []\n}')
        ),
    ],
)
def test_a_found_call_that_has_ended_fails_a_build(run, tmp_path, text, code, said):
    """A passed sunset has its own exit code. A file of another kind is refused instead of reported as clean."""
    file = tmp_path / "seen.json"
    file.write_bytes(text.encode("latin-1"))
    done = run("calendar", "--seen", str(file))
    assert done.exit_code == code
    assert said in done.output
