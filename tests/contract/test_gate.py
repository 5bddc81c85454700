"""Each member of the body of each write that ends: it is sent on, noted in the record, or refused by its name.

Bodies come from the old description, one for each member; what is sent fits the new one. Families in which something
gets lost are listed as they are, so that this fails when they are mended, too.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.contract.calls import AROUND, AS_IT_IS, BODIES, LEGACY_ZONE, WRITES, ZONE, merged, schema_of, sent
from tests.contract.schema import Leaf

INSIDE = {
    "replicationSpecs[].regionConfigs": {"replicationSpecs": [ZONE]},
    "replicationSpecs[].regionsConfig": {"replicationSpecs": [LEGACY_ZONE]},
}
"""What stands around members of these lists."""
NEEDED = {"replicationSpecs[].id is for reads alone", "replicationSpecs[].zoneId is for reads alone"}
"""Atlas needs the ids of shards and zones that are there, though its description has them for reads alone."""

EXCEPTIONS: dict[str, set[str]] = {
    # as programs sent it while Atlas took the old version, whose description has it for reads alone, too
    "PATCH /groups/{groupId}/clusters/{clusterName}/backup/schedule 2023-01-01": {
        "copySettings[].copyPolicyItems[].id", "policies[].policyItems[].id",
    },
    # its other words need other members than the rest of the body has
    "POST /groups/{groupId}/backup/exportBuckets 2023-01-01": {"cloudProvider"},
}  # fmt: skip
"""Members that do not pass the gate yet, by call."""


def without(body: Any, steps: Sequence[str]) -> Any:
    """Return a body without what stands at the end of some steps."""
    step, *rest = steps
    if step == "[]":
        return [without(one, rest) for one in body] if rest else []
    if step == "{}":
        return {name: without(one, rest) for name, one in body.items()} if rest else {}
    return {name: without(one, rest) if name == step else one for name, one in body.items() if rest or name != step}


def unlike_new(write: tuple[str, str, str], calls: Sequence[Any]) -> list[str]:
    """Return what of the written bodies the new description has not."""
    found = list[str]()
    for method, target, version, body in calls:
        for (known, path, since), schema in BODIES.bodies.items():
            if (known, since) == (method, version) and re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", path), target):
                found += BODIES.defects(schema, body)
    passing = " is for reads alone" if write in AS_IT_IS else "\n"
    return [one for one in found if one not in NEEDED and not one.endswith(passing)]


def fate(write: tuple[str, str, str], leaf: Leaf) -> str:
    """Say what is wrong with what becomes of a member; empty if it is sent on, noted or refused by its name."""
    around = merged(BODIES.required(schema_of(write)), AROUND.get(write, {}))
    for start, one in INSIDE.items():
        around = merged(around, one) if leaf.place.startswith(start) else around
    body, steps = merged(around, leaf.body), leaf.place.replace("[]", ".[]").replace("{}", ".{}").lstrip(".").split(".")
    calls, driven = sent(write, body)
    # a text that the old description leaves open may be any
    if wrong := [one for one in unlike_new(write, calls) if "'mark" not in one]:
        return f"is sent, and not in the new body: {wrong[0]}"
    names = [name for name in steps if name not in {"[]", "{}"}]
    writes = [call for call in calls if call[0] != "GET"]
    if not writes and not driven.passed and driven.document.get("errorCode") == "SHIM_NO_SUCCESSOR":
        return ""  # the whole call is refused
    if not writes and not driven.passed and 400 <= driven.reply.status < 500:
        said = [*driven.document["parameters"], driven.document["detail"]]
        return "" if any(names[0] in one or names[-1] in one for one in said) else f"is refused as {said}"
    notes = driven.outcome.record.notes
    if leaf.is_read_only or any(names[0] in one or one.startswith("nothing was sent") for one in notes):
        return ""
    if json.dumps({names[-1]: leaf.mark})[1:-1] in json.dumps(calls):
        return ""
    return "is lost" if calls == sent(write, without(body, steps))[0] else ""


@pytest.mark.parametrize("write", WRITES, ids=" ".join)
def test_no_member_is_lost_without_a_word(write):
    """Nor sent where the new description has no place for it."""
    found = {(leaf.place, said) for leaf in BODIES.leaves(schema_of(write)) if (said := fate(write, leaf))}
    assert {place for place, _ in found} == EXCEPTIONS.get(" ".join(write), set()), sorted(found)


def test_the_gate_has_all_members():
    """Of all families that write; a description that is read wrong would have few."""
    places = {(write, leaf.place) for write in WRITES for leaf in BODIES.leaves(schema_of(write))}
    assert len(WRITES) > 30
    assert len(places) > 1000
