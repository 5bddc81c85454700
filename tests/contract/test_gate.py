"""Each member of an ended write's body is sent, reported in the record, or refused by name.

Bodies come from the old description, one for each member; the requests sent match the
new description.
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
"""Other members that items of these lists need."""
NEEDED = {
    "replicationSpecs[].id is for reads alone",
    "replicationSpecs[].zoneId is for reads alone",
    "policies[].policyItems[].id is for reads alone",
    "copySettings[].copyPolicyItems[].id is for reads alone",
}
"""Read-only ids that Atlas accepts in writes.

It needs those of shards and zones, and all 75 policies' items in recorded requests have
theirs.
"""

MISSING = " is missing"
"""The ending of a defect's text for a missing member.

A member that the old version refused may be missing.
"""


def without(body: Any, steps: Sequence[str]) -> Any:
    """Return a body without the member at the end of some steps."""
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
    """Return the members of the sent bodies that the new description lacks."""
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
    """Return the defect in how a member is handled; empty if it is sent, reported or refused by name."""
    around = merged(BODIES.required(schema_of(write)), AROUND.get(write, {}))
    if write in INDEXES and leaf.body.get("type") == "vectorSearch":
        around = {**BODIES.required(schema_of(write)), "fields": [{"type": "vector"}]}
    for start, one in INSIDE.items():
        if leaf.place.startswith(start):
            around = merged(around, one)
    body = merged(around, leaf.body)
    steps = leaf.place.replace("[]", ".[]").replace("{}", ".{}").lstrip(".").split(".")
    calls, driven = sent(write, body)
    # a text without an enum in the old description may be any
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
def test_no_member_is_lost_silently(write):
    """No member is sent to a place that the new description lacks."""
    assert [
        (leaf.place, said)
        for leaf in BODIES.leaves(schema_of(write))
        if (said := fate(write, leaf))
    ] == []


def test_the_cases_contain_all_members():
    """This covers all families with writes.

    A description that was misread would give few members.
    """
    places = {
        (write, leaf.place)
        for write in WRITES
        for leaf in BODIES.leaves(schema_of(write))
    }
    assert len(WRITES) > 30
    assert len(places) > 1000
