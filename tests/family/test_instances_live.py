"""Instances against a strict Atlas, through every way in: their life with the switch, and none without it."""

import contextlib
from datetime import date

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.family.replay import AFTER

LIST = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless"
TENANT = f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters/{{}}/backup/tenant"
PROVIDER = {"backingProviderName": "AZURE", "providerName": "SERVERLESS", "regionName": "EUROPE_NORTH"}
CREATE = {"name": "new", "providerSettings": PROVIDER, "tags": [{"key": "a", "value": "b"}]}


@pytest.fixture
def fake():
    """A strict Atlas after the sunset of writes, while instance reads are blank."""
    return FakeAtlas(today=AFTER)


@pytest.fixture
def live(door):
    """Return a function that opens a way in to a running fake for a block; each call is signed."""

    @contextlib.contextmanager
    def opened(fake, accept="application/vnd.atlas.2023-01-01+json", **options):
        headers = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": accept}
        with FakeServer(fake) as server, door(server.url, **{"over": True, **options}) as ask:
            yield lambda method, target, **more: ask(method, target, headers=headers, **more)

    return opened


def names(ask, slash=""):
    """Return the names of the instances."""
    reply = ask("GET", LIST + slash)
    assert reply.status_code == 200, reply.text
    return [instance["name"] for instance in reply.json()["results"]]


def test_an_instance_lives_with_the_switch(fake, live):
    """It is created, read, updated, protected, and deleted, as a program of 2025 did it; each write arrived once."""
    with live(fake, writes="instances") as ask:
        made = ask("POST", LIST, json=CREATE)
        assert (made.status_code, made.json()["stateName"], made.json()["connectionStrings"]) == (201, "CREATING", {})
        assert names(ask) == names(ask, "/") == [DEMO_CLUSTER, "new"]
        fake.advance(60)
        one = ask("GET", f"{LIST}/new").json()
        assert (one["stateName"], one["tags"]) == ("IDLE", CREATE["tags"])
        assert {name: one["providerSettings"][name] for name in PROVIDER} == PROVIDER
        protected = ask("PATCH", f"{LIST}/new", json={"terminationProtectionEnabled": True})
        assert (protected.status_code, protected.json()["terminationProtectionEnabled"]) == (200, True)
        refused = ask("DELETE", f"{LIST}/new")
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "ATLAS_GENERAL_ERROR")
        ask("PATCH", f"{LIST}/new", json={"terminationProtectionEnabled": False, "tags": []})
        deleted = ask("DELETE", f"{LIST}/new")
        assert (deleted.status_code, deleted.content) == (202, b"{}")
        assert ask("GET", f"{LIST}/new").json()["stateName"] == "DELETING"
        fake.advance(60)
        gone = ask("GET", f"{LIST}/new")
        assert (gone.status_code, gone.json()["errorCode"]) == (404, "SERVERLESS_INSTANCE_NOT_FOUND")
        assert names(ask) == [DEMO_CLUSTER]
    assert [arrival.method for arrival in fake.arrivals if arrival.method not in {"GET", "HEAD"}] == [
        "POST",
        "PATCH",
        "DELETE",
        "PATCH",
        "DELETE",
    ]
    assert all("/flexClusters" in arrival.target for arrival in fake.arrivals if arrival.method != "GET")


def test_nothing_changes_without_the_switch(fake, live):
    """Each call is a 410, no write reaches flex, and the cluster is what it was."""
    with live(fake) as ask:
        for method, target, body in (
            ("POST", LIST, CREATE),
            ("PATCH", f"{LIST}/{DEMO_CLUSTER}", {"tags": []}),
            ("DELETE", f"{LIST}/{DEMO_CLUSTER}", None),
        ):
            reply = ask(method, target, **({} if body is None else {"json": body}))
            assert (reply.status_code, reply.json()["errorCode"]) == (410, "SHIM_NO_SUCCESSOR")
        assert names(ask) == [DEMO_CLUSTER]
    assert not [arrival for arrival in fake.arrivals if "/flexClusters" in arrival.target and arrival.method != "GET"]
    assert (fake.cluster(DEMO_GROUP, DEMO_CLUSTER).state, fake.cluster(DEMO_GROUP, DEMO_CLUSTER).deleted) == (
        "IDLE",
        False,
    )


@pytest.mark.parametrize("writes", ["off", "instances"])
def test_before_the_sunset_atlas_does_it_itself(live, writes):
    """The legacy endpoints answer, with the switch and without; no write reaches flex."""
    fake = FakeAtlas(today=date(2026, 1, 14))
    with live(fake, over=False, writes=writes) as ask:
        assert ask("POST", LIST, json=CREATE).status_code == 201
        assert ask("PATCH", f"{LIST}/new", json={"tags": []}).status_code == 200
        assert ask("DELETE", f"{LIST}/new").status_code == 202
    assert [len(fake.trips(method)) for method in ("POST", "PATCH", "DELETE")] == [1, 1, 1]
    assert fake.trips(part="/flexClusters") == []


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.atlas.2023-01-01+json"])
def test_an_instance_that_legacy_alone_knows_is_found(fake, live, accept):
    """Flex knows nothing of it, so that legacy's own words are the answer, whatever Accept says."""
    fake.delete_cluster(DEMO_GROUP, DEMO_CLUSTER)
    fake.add_serverless_instance(DEMO_GROUP, "old")
    with live(fake, accept, over=False) as ask:
        assert names(ask) == ["old"]
        assert ask("GET", f"{LIST}/old").json()["name"] == "old"
        missing = ask("GET", f"{LIST}/nobody")
        assert (missing.status_code, missing.json()["errorCode"]) == (404, "SERVERLESS_INSTANCE_NOT_FOUND")
    assert {arrival.path.split("/")[6] for arrival in fake.arrivals} == {"flexClusters", "serverless"}


@pytest.mark.parametrize(("cluster", "route"), [(DEMO_CLUSTER, "flexClusters"), (DEMO_DEDICATED, "clusters")])
def test_shared_tier_backups_are_served_by_either_tier(fake, live, cluster, route):
    """Lists, gets, a restore and a download, after the sunset; each order was executed once."""
    tenant = TENANT.format(cluster)
    with live(fake) as ask:
        snapshots = ask("GET", f"{tenant}/snapshots").json()["results"]
        assert [item["id"] for item in snapshots]
        newest = fake.cluster(DEMO_GROUP, cluster).snapshots[-1]["id"]
        assert ask("GET", f"{tenant}/snapshots/{newest}").json()["status"] == "COMPLETED"
        before = len(fake.cluster(DEMO_GROUP, cluster).jobs)
        order = {"snapshotId": newest, "targetDeploymentItemName": cluster}
        for word, delivery in (("restore", "RESTORE"), ("download", "DOWNLOAD")):
            job = ask("POST", f"{tenant}/{word}", json=order).json()
            assert (job["deliveryType"], job["targetDeploymentItemName"]) == (delivery, cluster)
            assert (job["clusterName"], job["targetProjectId"]) == (cluster, DEMO_GROUP)
            fake.advance(120)
            done = ask("GET", f"{tenant}/restores/{job['id']}").json()
            assert (done["status"], done["links"][0]["href"].endswith(f"{tenant}/restores/{job['id']}")) == (
                "COMPLETED",
                True,
            )
            assert job["id"] in [item["id"] for item in ask("GET", f"{tenant}/restores").json()["results"]]
    assert len(fake.cluster(DEMO_GROUP, cluster).jobs) == before + 2
    writes = [arrival.path.split("/")[6] for arrival in fake.arrivals if arrival.method == "POST"]
    assert writes == [route, route]
