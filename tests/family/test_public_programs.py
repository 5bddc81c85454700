"""Requests of public programs, word for word: what Atlas took of them is taken, and what flex does not get is noted.

``cases/programs.jsonl`` has each with the day and the place (repository, commit, file)
where it was seen.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from shim.core.recognize import shared_engine
from shim.core.settings import read_settings
from tests.core.driver import answers, drive

LINES = (
    (Path(__file__).parents[1] / "cases" / "programs.jsonl")
    .read_text("utf-8")
    .splitlines()
)
PROGRAMS = [json.loads(line) for line in LINES]
ON = {"ATLAS_SHIM_WRITES": "instances"}
JOB = {"id": "1", "deliveryType": "RESTORE", "status": "PENDING"}
CLUSTER = {"id": "1", "name": "n", "stateName": "CREATING", "results": [{"id": "1"}]}
MEMBERS = ("name", "tags", "terminationProtectionEnabled", "snapshotId")
"""What flex clusters and their restores take under the old name (contract)."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one["place"])
def test_a_public_program_is_served(program):
    """Flex is asked once, with each value that it has a member for; each that was left out has its sentence alone."""
    how: dict[str, Any] = {
        "headers": tuple(program["headers"].items()),
        "body": program["body"].encode() or None,
    }
    how |= {"method": program["method"], "settings": read_settings(ON)}
    driven = drive(shared_engine(ON), program["path"], [answers(CLUSTER | JOB)], **how)
    assert driven.reply.status // 100 == 2
    assert driven.routes == ("flex",)
    sent, given = (
        json.loads(text or b"{}")
        for text in (driven.sends[0].call.body, program["body"])
    )
    assert [sent.get(name) for name in MEMBERS] == [given.get(name) for name in MEMBERS]
    for name in ("backingProviderName", "regionName"):
        assert sent.get("providerSettings", {}).get(name) == given.get(
            "providerSettings", {}
        ).get(name)
    notes = [
        note
        for note in driven.outcome.record.notes
        if "not sent on" in note or "was ignored" in note
    ]
    assert sorted(notes) == sorted(program["notes"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("instanceSizeName", "M10"),
        ("instanceSizeName", 1),
        ("diskType", "x"),
        ("nodes", None),
    ],
)
def test_what_nobody_saw_atlas_take_is_the_error_that_it_was(name, value):
    """Another value of the same member, and any other member that the contract does not have; null is no value."""
    body = {
        "name": "n",
        "providerSettings": {
            "backingProviderName": "AWS",
            "regionName": "EU_WEST_1",
            name: value,
        },
    }
    path = "/api/atlas/v2/groups/g/serverless"
    settings = read_settings(ON)
    driven = drive(
        shared_engine(ON),
        path,
        [answers(CLUSTER)],
        method="POST",
        body=body,
        settings=settings,
    )
    assert driven.document.get("errorCode") == (
        None if value is None else "INVALID_ATTRIBUTE"
    )
    assert len(driven.sends) == (value is None)


def test_a_dozen_of_them():
    """Each says when and where it was seen."""
    assert len({program["place"] for program in PROGRAMS}) >= 12
    assert all(program["seen"] for program in PROGRAMS)
