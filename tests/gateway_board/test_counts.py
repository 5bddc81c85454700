"""What is counted for people: by minute, caller, field and error, within bounds."""

import os

import pytest

from shim.core.recognise import shared_engine
from shim.gateway.board.counts import MOST, OTHERS, Board
from shim.gateway.board.told import CALLERS, ERRORS, HOUR
from shim.gateway.logs.calls import CallLine
from tests.gateway.test_signing import PATH

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
    told = board(*(line(START + 60 * minute) for minute in (0, 0, HOUR, HOUR + 1, HOUR + 1))).told()
    assert [(one.minute - START // 60, one.calls) for one in told.minutes] == [(HOUR, 1), (HOUR + 1, 2)]


def test_a_clock_that_is_set_back_loses_nothing_of_now():
    """What comes then is counted in the minute that the clock says."""
    told = board(line(START), line(START - 86400)).told()
    assert sum(one.calls for one in told.callers) == 2


def test_callers_are_told_with_their_retired_calls():
    """One row for an address and a User-Agent, masked as in the log."""
    (caller,) = board(line(agent='a"\n\x1b'), line(path=PATH, agent='a"\n\x1b')).told().callers
    assert (caller.agent, caller.calls, caller.retired, caller.last) == ("a???", 2, 1, START // 60)


def test_a_flood_of_callers_is_bounded():
    """Each with a name of its own: the calls are counted, the many callers are one, and few stay of each minute."""
    made = board(*(line(agent=str(number)) for number in range(MOST + 50)))
    made.count(line(START + 60))
    told = made.told()
    assert sum(one.calls for one in told.minutes) == MOST + 51
    assert len(told.callers) <= 2 * CALLERS
    assert next(one.calls for one in told.callers if one.peer == OTHERS) == 50


def test_kinds_of_errors_are_bounded_and_the_latest_stay():
    """An old kind makes room for a new one."""
    kinds = 3 * ERRORS
    told = board(*(line(START + n, status=500, failure=(f"C{n}", 500, "x")) for n in range(kinds))).told()
    assert len(told.errors) == ERRORS
    assert told.errors[0].code == f"C{kinds - 1}"


def test_errors_of_a_kind_are_one_row():
    """How many, when first and when last; an answer of Atlas' own counts by its status."""
    (error,) = board(line(status=503), line(START + 5, status=503)).told().errors
    assert (error.code, error.type, error.calls, error.first, error.last) == (None, "503", 2, START, START + 5)


def test_a_caller_that_left_is_no_error():
    """It has no status; its call is counted all the same."""
    told = board(line(status=None)).told()
    assert (told.errors, [one.hundred for one in told.minutes]) == ((), [0])


def test_last_calls_are_told_by_the_side_that_answered():
    """What Atlas itself answered may be no retired call yet."""
    legacy = line(START + 2, path=PATH)
    legacy.route = "legacy"
    found = board(line(path=PATH), line(START + 60, path=PATH), legacy, line(START + 90, path=PATH)).told().lasts
    assert [(one.route, one.when, one.calls) for one in found] == [("flex", START + 90, 3), ("legacy", START + 2, 1)]


@pytest.mark.parametrize("answers", [3, 2 * MOST + 3])
def test_fields_are_counted_by_answer(answers):
    """Reports that are made anew for each answer are no more than those that are kept."""
    from shim.core.record import FieldReport, Record
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
    assert [(one.field, one.level, one.answers) for one in made.told().inexact] == [("a", "absent", answers)]
