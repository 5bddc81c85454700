"""The queries of all calls that end: a successor gets only parameters in its description."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.contract.calls import AROUND, BODIES, WRITES, merged, schema_of, sent
from tests.core.driver import CASES
from tests.core.ends import ENDED

QUERIES = json.loads((CASES / "ends-2027-queries.json").read_text("utf-8"))
"""The names of parameters by method and path; a path has the same ones in all versions."""
CALLS = [
    (one["method"], one["path"].removeprefix("/api/atlas/v2"), one["version"])
    for one in ENDED
]
VALUES = {
    "includeCount": "true",
    "itemsPerPage": "5",
    "pageNum": "2",
    "envelope": "true",
    "pretty": "false",
}
GIVES_NO_QUERY = "GET /api/atlas/v2/orgs"
"""A call whose description is not kept here; it is sent without a query."""


def named(method, path):
    """Return the parameters in a call's description."""
    for known, names in QUERIES.items():
        verb, _, template = known.partition(" ")
        if verb == method and re.fullmatch(
            re.sub(r"\{\w+\}", "[^/:]+", template), path
        ):
            return {*names}
    assert f"{method} {path}" == GIVES_NO_QUERY
    return set()


def body_of(call):
    """Return a body that the old version accepts, None for a call without one."""
    if call in WRITES:
        return merged(BODIES.required(schema_of(call)), AROUND.get(call, {}))
    return None


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_successor_gets_only_described_parameters(call):
    """The caller may give any parameter that the legacy call has."""
    method, path, _ = call
    for name in ("", *QUERIES[f"{method} /api/atlas/v2{path}"]):
        calls, _ = sent(
            call, body_of(call), f"?{name}={VALUES.get(name, 'u')}" if name else ""
        )
        for verb, target, _, _ in calls:
            split = urlsplit(target)
            given = {key for key, _ in parse_qsl(split.query, keep_blank_values=True)}
            assert given <= named(verb, split.path), (verb, target)
