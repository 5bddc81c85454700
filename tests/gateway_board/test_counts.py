"""What is counted for people: by minute, caller, field and error, within bounds."""

import os

import pytest

from shim.core.recognise import shared_engine
from shim.gateway.board.counts import CALLERS, ERRORS, HOUR, MOST, OTHERS, Board
from shim.gateway.logs.calls import CallLine

START = 1_800_000_000 // 60 * 60.0


def line(at=START, *, path="/x", agent="a", peer="127.0.0.1", status: "int | None" = 200, failure=None):
    engine = shared_engine(os.environ)
    made = CallLine("GET", path, peer, "id", engine, began=at, agent=agent, status=status, failure=failure)
    made.match = engine.recognise("GET", path, ())
    made.route, made.reason = ("flex", "its sunset has passed") if made.match else ("pass", "")
    return made


def board(*lines):
    made = Board()
    for one in lines:
        made.count(one)
    return made


def test_calls_are_known_by_minute_for_an_hour():
    """Those of an hour ago are gone, those of the minute before are there beside this one's."""
    found = board(*(line(START + 60 * minute) for minute in (0, 0, HOUR, HOUR + 1, HOUR + 1))).counted().minutes
    assert {minute - START // 60: calls for (minute, *_), calls in found.items()} == {HOUR: 1, HOUR + 1: 2}


def test_a_clock_that_is_set_back_loses_nothing_of_now():
    """What comes then is counted in the minute that the clock says."""
    found = board(line(START), line(START - 86400)).counted()
    assert sum(one.calls for one in found.callers.values()) == 2


def test_a_flood_of_callers_is_bounded():
    """Each with a name of its own: the calls are counted, the many callers are one, and few stay of each minute."""
    made = board(*(line(agent=str(number)) for number in range(MOST + 50)))
    made.count(line(START + 60))
    found = made.counted()
    assert sum(found.minutes.values()) == MOST + 51
    assert len(found.callers) <= 2 * CALLERS
    assert found.callers[OTHERS, ""].calls == 50


def test_kinds_of_errors_are_bounded_and_the_latest_stay():
    """An old kind makes room for a new one."""
    kinds = 3 * ERRORS
    made = board(*(line(START + n, status=500, failure=(f"C{n}", 500, "x")) for n in range(kinds)))
    found = [code for _, (code, _, _) in made.counted().errors]
    assert (len(found), found[0]) == (ERRORS, f"C{kinds - 1}")


def test_a_caller_that_left_is_no_error():
    """It has no status; its call is counted all the same."""
    found = board(line(status=None)).counted()
    assert (found.errors, [hundred for _, _, _, hundred in found.minutes]) == ({}, [0])


@pytest.mark.parametrize("answers", [3, 2 * MOST + 3])
def test_fields_are_counted_by_answer(answers):
    """Reports that are made anew for each answer are no more than those that are kept."""
    from shim.core.messages import FieldReport, Record
    from shim.documents.vocabulary import Fidelity

    operation = shared_engine(os.environ).operations[0]
    made = Board()
    for _ in range(answers):
        fields = (
            FieldReport("a", Fidelity.ABSENT),
            FieldReport("b", Fidelity.EXACT),
            FieldReport("c", Fidelity.RENAMED),
        )
        made.translated(Record("o", "v2", "flex", "", operation.sunset, operation.deprecated, fields=fields))
    assert made.counted().fields == {("o", "a", "absent"): answers, ("o", "c", "renamed"): answers}
