"""Requests of public programs, word for word: those that Atlas accepted are accepted, and losses are reported.

``cases/programs.jsonl`` has each with its date and source (repository, commit, file).
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
"""The members that flex clusters and their restores accept under the old name (contract)."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one["place"])
def test_a_public_program_is_served(program):
    """Flex gets one request with each value that it has a member for; each other one has its own sentence."""
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
        if "not passed on" in note or "was ignored" in note
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
def test_values_that_atlas_never_accepted_are_errors(name, value):
    """That covers another value of a member, and members outside the contract; null counts as missing."""
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


def test_there_are_a_dozen_programs():
    """Each has its date and source."""
    assert len({program["place"] for program in PROGRAMS}) >= 12
    assert all(program["seen"] for program in PROGRAMS)
