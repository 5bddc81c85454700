"""The same commands against the same Atlas, before the sunset and after it: scripts see no difference."""

from datetime import UTC, datetime

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer

NOW = datetime(2026, 1, 30, 18, tzinfo=UTC)

COMMANDS = {
    "instances": "serverless list",
    "an instance": f"serverless describe {DEMO_CLUSTER}",
    "snapshots": f"serverless backups snapshots list {DEMO_CLUSTER}",
    "states": f"serverless backups snapshots list {DEMO_CLUSTER} -o json-path=$.results[*].status",
    "a page of snapshots": f"serverless backups snapshots list {DEMO_CLUSTER} --limit 3 --page 2 "
    "-o json-path=$.results[*].expiresAt",
    "ids": f"serverless backups snapshots list {DEMO_CLUSTER} -o json-path=$..id",
    "jobs": f"serverless backups restores list {DEMO_CLUSTER}",
    "jobs by path": f"serverless backups restores list {DEMO_CLUSTER} -o json-path=$.results[*].finishedAt",
}


@pytest.fixture(scope="module", params=list(COMMANDS.values()), ids=list(COMMANDS))
def words(request):
    return request.param.split()


def outcome(atlas, monkeypatch, words, sunset, route):
    with FakeServer(FakeAtlas(today=NOW, sunset=sunset, blank=None)) as server:
        monkeypatch.setenv("MONGODB_ATLAS_OPS_MANAGER_URL", f"{server.url}/")
        monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", DEMO_TOKEN)
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", route)
        done = atlas(*words, "--projectId", DEMO_GROUP)
        called = {"serverless" in arrival.target for arrival in server.fake.trips("GET")}
        return (done.exit_code, done.stdout.replace(server.url, ""), done.stderr), called


def test_the_sunset_changes_no_output(atlas, monkeypatch, words):
    """What the old endpoint's reply printed, its successor's prints."""
    before, old = outcome(atlas, monkeypatch, words, datetime(2026, 2, 20, tzinfo=UTC), "legacy")
    after, new = outcome(atlas, monkeypatch, words, datetime(2026, 1, 22, tzinfo=UTC), "auto")
    assert (before, old, new) == (after, {True}, {False})
    assert before[::2] == (0, "")
