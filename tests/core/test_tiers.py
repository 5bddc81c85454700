"""Finding the tier that a cluster lives on, and remembering it."""

import pytest

from shim.core.context import Memory
from tests.core.driver import (
    GET,
    NON_FLEX,
    SNAPSHOT,
    answers,
    drive,
    refuses,
)

V2 = f"/api/atlas/v2{GET}"
OK = answers(SNAPSHOT)


@pytest.mark.parametrize("query", ["", "?envelope=true"])
@pytest.mark.parametrize(
    "refusal", [refuses(401, "UNAUTHORIZED"), refuses(403, "FORBIDDEN"), refuses(404, "NOT_FOUND")]
)
def test_an_error_teaches_no_tier(engine, refusal, query):
    """Only a success says where a cluster lives; an error does not, also where an envelope is made around it."""
    memory = Memory()
    assert drive(engine, f"{V2}{query}", [NON_FLEX, refusal], memory=memory).routes == ("flex", "dedicated")
    assert drive(engine, V2, [OK], memory=memory).routes == ("flex",)


@pytest.mark.parametrize("query", ["", "?envelope=true"])
def test_a_declared_code_with_another_status_leads_nowhere(engine, query):
    """A code is believed with the statuses that Atlas says it with, also where it was read for an envelope."""
    assert drive(engine, f"{V2}{query}", [refuses(500, "CLUSTER_NOT_FOUND")]).routes == ("flex",)
