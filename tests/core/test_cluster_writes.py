"""Writes of clusters in 2024-08-05, which end on 2027-03-01: the same call in 2024-10-23, with the same body."""

import json
from datetime import UTC, datetime

import pytest

from shim.core.settings import Settings
from tests.core.driver import answers, drive, refuses

LIST = "/api/atlas/v2/groups/g1/clusters"
CALLS = {"create": ("POST", LIST, 201), "update": ("PATCH", f"{LIST}/c1?x=1", 200)}
OLD, NEW = (f"application/vnd.atlas.{version}+json" for version in ("2024-08-05", "2024-10-23"))
BODY = b'{ "name":"c1", "replicationSpecs": [{"numShards": 2.0}], "x": null }'
CLUSTER = {"name": "c1", "replicationSpecs": [{"id": "1"}], "newMember": {"a": [1]}, "tags": None}
AFTER, BEFORE = (datetime(2027, month, 2, tzinfo=UTC).timestamp() for month in (3, 2))


def asked(engine, call, upstream, accept=OLD, **options):
    """Make one of the calls."""
    method, target, _ = CALLS[call]
    headers = (("Accept", accept), ("Content-Type", accept))
    return drive(engine, target, upstream, method=method, headers=headers, body=BODY, settings=Settings(), **options)


@pytest.mark.parametrize("call", CALLS)
def test_bodies_pass_as_they_are_both_ways(engine, call):
    """Version and content type are the new ones, target and body the caller's; every member of the answer stays."""
    method, target, status = CALLS[call]
    driven = asked(engine, call, [answers(CLUSTER, status)], clock=AFTER)
    (send,) = driven.sends
    assert (send.call.method, send.call.target, send.call.body) == (method, target, BODY)
    assert set(send.call.headers) == {("Accept", NEW), ("Content-Type", NEW)}
    assert (driven.outcome.reply.status, json.loads(driven.outcome.reply.body)) == (status, CLUSTER)
    assert any("scales by itself" in note for note in driven.outcome.record.notes)


@pytest.mark.parametrize("call", CALLS)
def test_before_the_sunset_a_410_alone_leads_on(engine, call):
    """It proves that nothing was executed; any other answer of Atlas is the caller's."""
    status = CALLS[call][2]
    gone = refuses(410, "VERSION_GONE")
    assert len(asked(engine, call, [gone, answers(CLUSTER, status)], clock=BEFORE).sends) == 2
    assert len(asked(engine, call, [refuses(409, "DUPLICATE_CLUSTER_NAME")], clock=BEFORE).sends) == 1


@pytest.mark.parametrize("accept", ["2024-10-23", "2025-03-12", "2023-02-01", None])
@pytest.mark.parametrize("call", CALLS)
def test_other_versions_are_other_calls(engine, call, accept):
    """Later ones, earlier ones, and the oldest one that a call without a version has."""
    headers = () if accept is None else (("Accept", f"application/vnd.atlas.{accept}+json"),)
    assert engine.recognise(*CALLS[call][:2], headers) is None
