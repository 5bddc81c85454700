"""Calls that Atlas still answers itself, and whose sunset is still to come, do not keep the shim from going today."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from shim.cli import main

COMING = {"ATLAS_SHIM_SUNSET": "clusters=2999-07-01"}
PAST = {"ATLAS_SHIM_SUNSET": "clusters=2026-02-01"}
SAID = "Calls that end on 2999-07-01 are made: "


def ago(**span):
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def line(when, **members):
    return {"time": when, "operation": "listClusters", "route": "legacy", "file": "a.py", "line": 3, **members}


@pytest.fixture
def judged(tmp_path):
    """Return a function that asks for the verdict on some lines; it returns exit code, verdict and text."""

    def judged(*lines, environ=COMING):
        path = tmp_path / "calls.jsonl"
        started = {"time": ago(days=40), "started": "gateway"}
        path.write_text("".join(f"{json.dumps(one)}\n" for one in (started, *lines)))
        args = ["inventory", str(path), "--since", "30d", "--fail-if-called"]
        as_json = CliRunner().invoke(main, [*args, "-o", "json"], env=environ)
        text = CliRunner().invoke(main, args, env=environ)
        assert text.exit_code == as_json.exit_code
        return as_json.exit_code, json.loads(as_json.stdout)["verdict"], text.stdout

    return judged


def test_calls_that_atlas_answers_until_a_later_day_have_a_sentence_of_their_own(judged):
    """Nobody makes retired calls, and it is said when the shim will be needed: in JSON and text."""
    last = ago(days=1)
    code, verdict, text = judged(line(ago(days=2)), line(last, line=9))
    said = f"{SAID}listClusters 2 times, last {last[:10]} {last[11:16]} UTC: the shim will be needed then."
    assert (code, verdict["word"], verdict["ahead"]) == (0, "quiet", [said])
    assert said in " ".join(text.split())


def test_of_both_kinds_each_is_counted_where_it_belongs(judged):
    """One caller makes both; the last retired call is that of the kind that is over."""
    last, later = ago(days=3), ago(days=1)
    code, verdict, _ = judged(line(last, operation="listServerlessInstances"), line(later))
    assert code == 4
    assert verdict["sentence"].startswith("1 caller still calls retired endpoints: 1 call since ")
    assert f"the last {last[:10]} {last[11:16]} UTC" in verdict["sentence"]
    assert verdict["ahead"][0].startswith(f"{SAID}listClusters once, last {later[:10]}")


def test_what_a_successor_answered_is_over(judged):
    """Atlas refuses that version to somebody already, whatever the date says."""
    code, verdict, _ = judged(line(ago(days=2), route="dedicated"), line(ago(days=1)))
    assert (code, verdict["sentence"].count(": 1 call since ")) == (4, 1)
    assert f"the last {ago(days=2)[:10]}" in verdict["sentence"]
    assert verdict["ahead"][0].startswith(f"{SAID}listClusters once")


@pytest.mark.parametrize(
    ("members", "environ"),
    [
        ({}, PAST),
        ({"route": None}, COMING),
        ({"operation": "unheardOf"}, COMING),
        ({"operation": "listServerlessInstances"}, {"ATLAS_SHIM_SUNSET": "instances=2999-01-01"}),
    ],
    ids=["sunset has passed", "line of no side", "unknown operation", "answers mean nothing any more"],
)
def test_all_else_counts_as_before(judged, members, environ):
    """Where it can't be told, or where Atlas' own answer is of no use."""
    said = {name: value for name, value in line(ago(days=1), **members).items() if value is not None}
    code, verdict, _ = judged(said, environ=environ)
    assert (code, verdict["word"], verdict["ahead"]) == (4, "called", [])


def test_days_are_told_one_by_one(judged):
    """Each with its operations."""
    environ = {"ATLAS_SHIM_SUNSET": "clusters=2999-07-01,snapshots=2998-01-01"}
    _, verdict, _ = judged(
        line(ago(days=1)),
        line(ago(days=1), operation="getCluster"),
        line(ago(days=1), operation="listServerlessBackupSnapshots"),
        environ=environ,
    )
    first, second = verdict["ahead"]
    assert first.startswith("Calls that end on 2998-01-01 are made: listServerlessBackupSnapshots once")
    assert "getCluster once" in second
    assert "; listClusters once" in second
