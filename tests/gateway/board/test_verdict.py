"""The ledger of calls, and the verdict derived from it."""

import os
from collections import Counter
from datetime import UTC, datetime

import pytest

from shim.core.recognize import shared_engine
from shim.gateway.ledger import ERRORS, MAX_CALLERS, Ledger, Way
from shim.gateway.logs import CallLine
from shim.gateway.status import verdict

DAY = 86400.0
NOW = 1_800_000_000.0


def called(days, operation="getIt", route="flex", calls=1, now=NOW):
    """Return the row of an operation that was called this many days ago."""
    return {
        (operation, route): Way(statuses=Counter({200: calls}), last=now - days * DAY)
    }


def judged(*, up, last=None, inventory=False):
    return verdict(
        {} if last is None else called(last),
        NOW - up * DAY,
        NOW,
        {},
        inventory=inventory,
    )


COMING = {"getIt": datetime(2999, 7, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("known", "word", "days", "said"),
    [
        (
            {"up": 90, "last": 0.5},
            "called",
            0,
            "still made: the last one at 2027-01-14 20:00 UTC (getIt).",
        ),
        (
            {"up": 0.1},
            "unproven",
            0,
            "no retired call since 2027-01-15 05:36 UTC, when this gateway started. ",
        ),
        (
            {"up": 90, "last": 7},
            "unproven",
            7,
            "no retired call since 2027-01-08 08:00 UTC. That is too short",
        ),
        (
            {"up": 90, "last": 40.5},
            "quiet",
            40,
            "no retired call since 2026-12-05 20:00 UTC. If all callers ",
        ),
        # An inventory may start earlier than the process, and include other programs.
        (
            {"up": 90, "inventory": True},
            "unproven",
            90,
            "no retired call since 2026-10-17 08:00 UTC, when this",
        ),
        (
            {"up": 90, "last": 0.1, "inventory": True},
            "called",
            0,
            "Retired calls are still",
        ),
    ],
)
def test_the_verdict_claims_only_what_is_known(known, word, days, said):
    """It names the last call, or the start of the recording; a month without calls is enough."""
    found = judged(**known)
    assert found["word"] == word
    assert found["days"] == days
    assert said in found["sentence"]
    assert any("atlas-shim inventory" in doubt for doubt in found["doubts"]) == (
        "inventory" in known
    )


def test_calls_with_a_future_sunset_are_separate():
    """They have their own sentence for a month, and are not the last retired call."""
    lasts = called(0.25, route="legacy", calls=12) | called(40, "other", "legacy")
    found = verdict(lasts, NOW - 90 * DAY, NOW, COMING, inventory=False)
    assert found["word"] == "quiet"
    assert found["days"] == 40
    (said,) = found["ahead"]
    assert (
        said
        == "getIt ends on 2999-07-01, and is called (12 calls, the last 2027-01-15 02:00 UTC)."
    )
    assert (
        verdict(
            called(31, route="legacy"), NOW - 90 * DAY, NOW, COMING, inventory=False
        )["ahead"]
        == []
    )


def test_a_call_answered_by_a_successor_counts_as_retired():
    """Atlas has refused that version, whatever its date is."""
    found = verdict(
        called(0.25) | called(0.125, route="legacy"),
        NOW - 90 * DAY,
        NOW,
        COMING,
        inventory=False,
    )
    assert found["word"] == "called"
    assert "at 2027-01-15 02:00 UTC (getIt)" in found["sentence"]
    assert len(found["ahead"]) == 1


START = 1_800_000_000 // 60 * 60.0
ENGINE = shared_engine(os.environ)
RETIRED = ENGINE.recognize(
    "GET", "/api/atlas/v1.0/groups/x/serverless/y/backup/snapshots", ()
)
if RETIRED:
    OPERATION = RETIRED.operation
else:
    OPERATION = ENGINE.operations[0]


def line(at=START, **given):
    """Return the line of an answered call."""
    made = CallLine(
        "GET", "/x", "127.0.0.1", "id", ENGINE, began=at, agent="a", status=200
    )
    for name, value in given.items():
        setattr(made, name, value)
    return made


def counted(*lines):
    ledger = Ledger()
    for one in lines:
        ledger.add(one)
    return ledger


def test_each_call_counts_once_in_each_row():
    """Rows are operation, route, caller and failure; Digest challenges count nowhere else."""
    found = counted(
        line(match=RETIRED, route="flex"), line(status=503), line(challenged="unsigned")
    )
    operation = OPERATION.id
    assert found.calls() == {(operation, "flex", 200): 1, ("other", "pass", 503): 1}
    assert {key: row.calls for key, row in found.callers.items()} == {
        ("127.0.0.1", "a", ""): 2
    }
    assert found.errors.keys() == {("other", (None, 503, "503"))}
    assert found.challenged["unsigned"] == 1
    assert sum(found.ways["other", "pass"].waited[:-1]) == 1


def test_no_call_is_lost_when_the_clock_goes_back():
    """Later calls are counted too."""
    assert (
        counted(line(START), line(START - 86400)).callers["127.0.0.1", "a", ""].calls
        == 2
    )


@pytest.mark.parametrize("peers", [1, 700])
@pytest.mark.parametrize("order", ["first", "last", "most"])
def test_made_up_callers_do_not_displace_real_ones(peers, order):
    """Known, frequent and recent callers stay, even if an attacker uses many names or addresses."""
    crowd = [
        line(START + n / 100, agent=str(n), peer=f"10.0.{n % peers // 256}.{n % 256}")
        for n in range(3 * MAX_CALLERS)
    ]
    calls = {"first": [line(), *crowd], "last": [*crowd, line(START + 59)]}
    calls["most"] = [
        *crowd[:MAX_CALLERS],
        line(START + 20),
        line(START + 20),
        *crowd[MAX_CALLERS:],
    ]
    found = counted(*calls[order], line(START + 60, peer="10.9.9.9")).callers
    assert ("127.0.0.1", "a", "") in found
    assert len(found) <= MAX_CALLERS


def test_a_caller_has_counts_and_its_last_error():
    """Each verified key counts separately. Another error starts a new count; a success keeps it."""
    failing = [
        line(START + n, key="team", status=status)
        for n, status in enumerate((404, 503, 200, 503))
    ]
    found = counted(
        *failing, line(START + 4, key="team", status=None), line(key="other")
    ).callers
    assert found.keys() == {("127.0.0.1", "a", "team"), ("127.0.0.1", "a", "other")}
    team = found["127.0.0.1", "a", "team"]
    assert team.calls == 5
    assert team.client_errors == 1
    assert team.failed == 3
    assert team.last == START + 4
    assert team.error == ("other", (None, 503, "503"))
    assert team.error_seen.first == START + 1
    assert team.error_seen.last == START + 3
    assert team.error_seen.calls == 2


def test_forgotten_callers_are_counted():
    """The pages show how many callers are missing."""
    found = counted(
        *(line(START + n / 100, agent=str(n)) for n in range(2 * MAX_CALLERS))
    )
    assert len(found.callers) + found.let_go == 2 * MAX_CALLERS
    assert found.let_go


def test_an_unknown_status_is_counted_by_its_class():
    """So a hostile server can't create more time series than there are classes."""
    found = counted(
        *(line(status=status) for status in range(600, 1000)), line(status=299)
    )
    assert found.calls() == {
        ("other", "pass", hundreds): 100 for hundreds in range(6, 10)
    } | {("other", "pass", 2): 1}


def test_kinds_of_errors_are_bounded():
    """A new kind replaces the oldest; all errors are still counted by failure."""
    kinds = 3 * ERRORS
    found = counted(
        *(
            line(START + n / 10, status=500, failure=(f"C{n}", 500, "x"))
            for n in range(kinds)
        )
    )
    assert found.errors.keys() == {
        ("other", (f"C{n}", 500, "x")) for n in range(kinds - ERRORS, kinds)
    }
    assert sum(found.failures.values()) == kinds


def test_a_caller_that_disconnects_is_not_an_error():
    """The call has no status, but it is counted."""
    found = counted(line(status=None))
    assert found.errors == {}
    assert found.calls() == {("other", "pass", 0): 1}
