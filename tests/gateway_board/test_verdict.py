"""The sentence people wait for never says more than is known."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from shim.gateway.verdict import EDGE, Written, look, verdict

DAY = 86400.0
NOW = 1_800_000_000.0


def called(days, operation="getIt", route="flex", calls=1, now=NOW):
    """Return the row of an operation that was called so many days ago."""
    return {(operation, route): {"calls": calls, "last_at": (now - days * DAY, "")}}


def judged(*, up, last=None, inventory=None):
    return verdict({} if last is None else called(last), NOW - up * DAY, NOW, inventory, over)


def over(operation):
    """Say that every operation is over."""


def coming(operation):
    """Say that getIt is not over yet."""
    return datetime(2999, 7, 1, tzinfo=UTC) if operation == "getIt" else None


@pytest.mark.parametrize(
    ("known", "word", "days", "said"),
    [
        ({"up": 90, "last": 0.5}, "called", 0, "Retired calls are still made: the last one 12 hours ago (getIt)."),
        ({"up": 0.1}, "unproven", 0, "Nobody has made a retired call for 2 hours, since this gateway started. "),
        ({"up": 90, "last": 7}, "unproven", 7, "Nobody has made a retired call for 7 days. That is too short"),
        ({"up": 90, "last": 40.5}, "quiet", 40, "Nobody has made a retired call for 40 days: the shim can go, if "),
        # The inventory reaches back further than the start, and knows of other programs.
        ({"up": 0.1, "inventory": Written(NOW - 60 * DAY, NOW - 45 * DAY)}, "quiet", 45, "Nobody"),
        ({"up": 90, "inventory": Written(NOW - 90 * DAY, NOW - 0.1 * DAY)}, "called", 0, "Retired calls are still"),
        ({"up": 90, "inventory": Written(NOW - 90 * DAY, None, ("A doubt.",))}, "unproven", 90, "Nobody"),
    ],
)
def test_the_verdict_says_no_more_than_is_known(known, word, days, said):
    """Days, and a sentence that names the last call, or since when one would have been seen; a month is enough."""
    found = judged(**known)
    assert (found["word"], found["days"]) == (word, days)
    assert found["sentence"].startswith(said)
    assert found["doubts"] == ([*known["inventory"].doubts] if "inventory" in known else [])


@pytest.fixture
def inventory(tmp_path):
    """Return a function that writes an inventory and looks at it."""

    def inventory(*entries, ends=over):
        path = tmp_path / "calls.jsonl"
        path.write_text("".join(f"{json.dumps(one) if isinstance(one, dict) else one}\n" for one in entries))
        return look(path, ends)

    return inventory


def ago(days):
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def call(days, **more):
    return {"time": ago(days), "operation": "getIt", "route": "flex", **more}


def test_an_inventory_is_read_for_its_beginning_and_its_last_call(inventory):
    """The shim's own commands are no callers, and a start is no call."""
    found = inventory(
        {"time": ago(50), "started": "gateway"},
        call(40),
        call(1, agent="atlas-shim-cli/1"),
        {"time": ago(0), "started": "x"},
    )
    assert found.reaches is not None
    assert found.last is not None
    assert round((found.last - found.reaches) / DAY) == 10
    assert found.doubts == ()


def test_a_long_inventory_is_read_at_its_ends(inventory):
    """It takes no longer than a short one, and a line that is cut there is no broken one."""
    found = inventory({"time": ago(90), "started": "x"}, *[call(60, file="f" * 900)] * (3 * EDGE // 1000), call(35))
    assert (found.doubts, found.last is not None) == ((), True)
    assert found.reaches == pytest.approx(datetime.now(UTC).timestamp() - 90 * DAY, abs=5)
    assert found.last == pytest.approx(datetime.now(UTC).timestamp() - 35 * DAY, abs=5)


@pytest.mark.parametrize("entries", [(), ("no record",)])
def test_an_inventory_that_says_nothing_is_a_doubt(inventory, entries):
    """Nothing follows from it."""
    found = inventory(*entries)
    assert (found.last, found.doubts != ()) == (None, True)


def test_broken_lines_are_doubted_as_the_command_does(inventory):
    """They may have been calls."""
    assert any("can't be read" in doubt for doubt in inventory(call(40), "no record").doubts)


def test_a_pipe_is_not_waited_for(tmp_path):
    """It may have nobody at its other end; only regular files are read."""
    os.mkfifo(tmp_path / "pipe")
    assert look(tmp_path / "pipe", over).doubts == ("The inventory can't be read: not a regular file.",)


def test_an_inventory_that_is_not_there_is_a_doubt(tmp_path):
    """The page is shown all the same."""
    assert "can't be read" in look(tmp_path / "none", over).doubts[0]
    assert not list(tmp_path.iterdir())


def test_calls_that_end_later_are_not_retired_yet():
    """They have a sentence of their own, and the last retired call is another one."""
    lasts = called(0.25, route="legacy", calls=12) | called(40, "other", "legacy")
    found = verdict(lasts, NOW - 90 * DAY, NOW, None, coming)
    assert (found["word"], found["days"]) == ("quiet", 40)
    (said,) = found["ahead"]
    assert said.startswith("Calls that end on 2999-07-01 are made: getIt 12 times, last 2027-01-15 02:00 UTC: ")


def test_what_a_successor_answered_of_them_is_retired():
    """Atlas has refused that version to somebody, whatever the date says."""
    found = verdict(called(0.25) | called(0.125, route="legacy"), NOW - 90 * DAY, NOW, None, coming)
    assert (found["word"], found["sentence"].count("6 hours ago (getIt)"), len(found["ahead"])) == ("called", 1, 1)


def test_the_inventory_knows_of_calls_that_end_later(inventory):
    """Silence of the others is judged since the last of those; the same calls are not counted twice."""
    started = {"time": ago(50), "started": "gateway"}
    found = inventory(started, call(40), call(2, route="legacy"), call(1, route="legacy"), ends=coming)
    assert found.last == pytest.approx(datetime.now(UTC).timestamp() - 40 * DAY, abs=5)
    assert [(one.operation, one.calls) for one in found.ahead] == [("getIt", 2)]
    assert found.doubts == ()
    now = datetime.now(UTC).timestamp()
    said = verdict(called(1, route="legacy", now=now), now - 3 * DAY, now, found, coming)
    assert (said["word"], len(said["ahead"])) == ("quiet", 1)
    assert "getIt 2 times, last " in said["ahead"][0]


def test_calls_that_end_later_are_forgotten_after_a_month():
    """Whoever made them has stopped."""
    assert verdict(called(31, route="legacy"), NOW - 90 * DAY, NOW, None, coming)["ahead"] == []
