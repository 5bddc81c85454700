"""Each member of the body of each write that ends is sent on, reported in the record, or refused by its name.

Bodies come from the old description, one for each member; what is sent fits the new
one.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.contract.calls import (
    AROUND,
    AS_IT_IS,
    BODIES,
    INDEXES,
    LEGACY_ZONE,
    WRITES,
    ZONE,
    merged,
    schema_of,
    sent,
)
from tests.contract.schema import Leaf

INSIDE = {
    "replicationSpecs[].regionConfigs": {"replicationSpecs": [ZONE]},
    "replicationSpecs[].regionsConfig": {"replicationSpecs": [LEGACY_ZONE]},
}
"""What stands around members of these lists."""
NEEDED = {
    "replicationSpecs[].id is for reads alone",
    "replicationSpecs[].zoneId is for reads alone",
    "policies[].policyItems[].id is for reads alone",
    "copySettings[].copyPolicyItems[].id is for reads alone",
}
"""Atlas takes the ids of what is there, though both its descriptions have them for reads alone: of shards and zones it
needs them, and all 75 policies' items in recorded requests have theirs."""

MISSING = " is missing"
"""The end of what is wrong with a body that lacks a member; one that the old version refused may lack it still."""


def without(body: Any, steps: Sequence[str]) -> Any:
    """Return a body without what stands at the end of some steps."""
    step, *rest = steps
    if step == "[]":
        if rest:
            return [without(one, rest) for one in body]
        return []
    if step == "{}":
        if rest:
            return {name: without(one, rest) for name, one in body.items()}
        return {}
    return {
        name: without(one, rest) if name == step else one
        for name, one in body.items()
        if rest or name != step
    }


def unlike_new(write: tuple[str, str, str], calls: Sequence[Any]) -> list[str]:
    """Return what of the written bodies the new description has not."""
    found = list[str]()
    for method, target, version, body in calls:
        for (known, path, since), schema in BODIES.bodies.items():
            if (known, since) == (method, version) and re.fullmatch(
                re.sub(r"\{\w+\}", "[^/:]+", path), target
            ):
                found += BODIES.defects(schema, body)
    if write in AS_IT_IS:
        passing = " is for reads alone"
    else:
        passing = "\n"
    return [one for one in found if one not in NEEDED and not one.endswith(passing)]


def fate(write: tuple[str, str, str], leaf: Leaf) -> str:
    """Say what is wrong with what becomes of a member; empty if it is sent on, noted or refused by its name."""
    around = merged(BODIES.required(schema_of(write)), AROUND.get(write, {}))
    if write in INDEXES and leaf.body.get("type") == "vectorSearch":
        around = {**BODIES.required(schema_of(write)), "fields": [{"type": "vector"}]}
    for start, one in INSIDE.items():
        if leaf.place.startswith(start):
            around = merged(around, one)
    body = merged(around, leaf.body)
    steps = leaf.place.replace("[]", ".[]").replace("{}", ".{}").lstrip(".").split(".")
    calls, driven = sent(write, body)
    # a text that the old description leaves open may be any
    lacks = any(one.endswith(MISSING) for one in BODIES.defects(schema_of(write), body))
    wrong = [
        one
        for one in unlike_new(write, calls)
        if "'mark" not in one and not (lacks and one.endswith(MISSING))
    ]
    if wrong:
        return f"is sent, and not in the new body: {wrong[0]}"
    names = [name for name in steps if name not in {"[]", "{}"}]
    writes = [call for call in calls if call[0] != "GET"]
    if (
        not writes
        and not driven.passed
        and driven.document.get("errorCode") == "SHIM_NO_SUCCESSOR"
    ):
        return ""  # the whole call is refused
    if not writes and not driven.passed and 400 <= driven.reply.status < 500:
        said = [*driven.document["parameters"], driven.document["detail"]]
        if any(names[0] in one or names[-1] in one for one in said):
            return ""
        return f"is refused as {said}"
    notes = driven.outcome.record.notes
    if leaf.is_read_only or any(
        names[0] in one or one.startswith("nothing was sent") for one in notes
    ):
        return ""
    if json.dumps({names[-1]: leaf.mark})[1:-1] in json.dumps(calls):
        return ""
    if calls == sent(write, without(body, steps))[0]:
        return "is lost"
    return ""


@pytest.mark.parametrize("write", WRITES, ids=" ".join)
def test_no_member_is_lost_without_a_word(write):
    """Nor sent where the new description has no place for it."""
    assert [
        (leaf.place, said)
        for leaf in BODIES.leaves(schema_of(write))
        if (said := fate(write, leaf))
    ] == []


def test_the_gate_has_all_members():
    """Of all families that write; a description that is read wrong would have few."""
    places = {
        (write, leaf.place)
        for write in WRITES
        for leaf in BODIES.leaves(schema_of(write))
    }
    assert len(WRITES) > 30
    assert len(places) > 1000
