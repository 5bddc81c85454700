"""The pages of explanation are correct: their examples run, and their numbers and tables are checked."""

import json
import re
from pathlib import Path

import pytest

from shim.core.recognize import shared_engine
from shim.core.settings import RouteWord, Settings
from shim.documents.vocabulary import Fidelity
from tests.core.driver import ORIGIN, answers, drive
from tests.hostile.faults import CATALOG
from tests.hostile.rows import PASSED, REFUSED
from tests.suites.run import SUITES

ROOT = Path(__file__).parents[1]
EXPLANATION = ROOT / "docs" / "explanation"
FIDELITY = (EXPLANATION / "fidelity.md").read_text("utf-8")
TRUST = (EXPLANATION / "trust.md").read_text("utf-8")
ENGINE = shared_engine({})
FLEX_ROUTE = Settings(route=RouteWord.FLEX)
FLEX, LEGACY, LEVELS = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", FIDELITY, re.DOTALL)
]


def recorded(file):
    lines = (
        (ROOT / "tests" / "cases" / "recorded" / file).read_text("utf-8").splitlines()
    )
    return [one for one in map(json.loads, lines) if one["status"] == 200]


def served(recording):
    """Return the legacy caller's response to a recorded flex read, and its record's levels."""
    target = recording["path"].replace("/flexClusters/", "/serverless/")
    driven = drive(
        ENGINE,
        target,
        [answers(json.loads(recording["body"]))],
        settings=FLEX_ROUTE,
        base=ORIGIN,
    )
    levels = {
        level: list(names) for level, names in driven.outcome.record.by_level().items()
    }
    return driven.document, levels


def test_the_example_of_fidelity_is_a_translated_recording():
    """Flex's reply, the caller's response, and the levels are those of one recorded snapshot."""
    (recording,) = [
        one
        for one in recorded("flex-snapshot-get.jsonl")
        if json.loads(one["body"]) == FLEX
    ]
    document, levels = served(recording)
    assert list(document.items()) == list(LEGACY.items())
    assert levels == LEVELS


def test_the_running_restore_has_a_missing_field():
    """The field is missing and not absent, in every recorded restore that was running."""
    running = [
        one for one in recorded("flex-restore-get.jsonl") if '"RUNNING"' in one["body"]
    ]
    assert running
    assert [
        levels
        for _, levels in map(served, running)
        if levels["missing"] != ["finishedAt"]
    ] == []


def test_every_level_is_explained():
    """The order is that of the code."""
    named = re.findall(
        r"^\| `(\w+)` \|", FIDELITY.partition("## An example")[0], re.MULTILINE
    )
    assert named == list(Fidelity)


def test_numbers_of_trust_are_those_of_the_tables():
    """They are the numbers of tested faults and raw requests."""
    faults = sum(map(len, CATALOG.values()))
    assert f"[{faults} faults, " in TRUST
    assert f"[{len(REFUSED)} raw requests refused, {len(PASSED)} passed]" in TRUST


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_the_table_has_every_suite(suite):
    """Each row has its suite's release."""
    assert f"| {suite.release.replace('==', ' ')}" in TRUST
