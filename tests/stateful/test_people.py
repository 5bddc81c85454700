"""Calls with several writes, interrupted at each step and repeated: the state is that of one call."""

import copy
from itertools import product

import pytest

from shim.core.recognize import shared_engine
from shim.core.settings import Settings, parse_writes
from tests.core.driver import drive
from tests.stateful.people import BASE, People

ENGINE = shared_engine({})
DAY = 1_830_000_000.0
"""In December 2027, after all sunsets."""
ON = Settings(writes=parse_writes("people", name="writes"))
HAS = {"u1": ["A", "B", "C"], "u2": ["A"]}
CALLS = {
    "team": (
        "POST",
        "/orgs/o/teams/t/users",
        [{"id": one} for one in ("u1", "u2", "u3", "u4")],
        "ACTIVE",
    ),
    "roles": (
        "PUT",
        "/groups/g/users/u1/roles",
        {"groupRoles": ["C", "D", "E"]},
        "ACTIVE",
    ),
    "invitation": (
        "PATCH",
        "/groups/g/invites/u1",
        {"roles": ["C", "D", "E"]},
        "PENDING",
    ),
    "by name": (
        "PATCH",
        "/groups/g/invites",
        {"username": "u1@example.com", "roles": ["D"]},
        "PENDING",
    ),
}


def make(call, atlas):
    """Make a call; return the status that the caller gets."""
    method, path, body, atlas.status = CALLS[call]
    driven = drive(
        ENGINE, BASE + path, atlas, method=method, body=body, settings=ON, clock=DAY
    )
    if driven.passed:
        return 503
    return driven.reply.status


def world(**fails):
    """Return people of whom one is in the team."""
    return People(copy.deepcopy(HAS), ["u2"], **fails)


@pytest.mark.parametrize("call", CALLS)
def test_a_failed_call_can_be_repeated(call):
    """Any of its steps may have failed, and Atlas may have executed it or not."""
    undisturbed = world()
    assert make(call, undisturbed) == 200
    for step, executes in product(range(1, len(undisturbed.calls) + 1), (True, False)):
        atlas = world(fails_at=step, executes=executes)
        assert make(call, atlas) == 503
        assert make(call, atlas) == 200
        assert atlas.state == undisturbed.state
