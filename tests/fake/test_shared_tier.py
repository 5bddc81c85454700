"""Backups of shared-tier (M2 and M5) clusters: alive until January 2026 for the flex clusters that stand for them."""

from __future__ import annotations

import json

import jsonschema
import pytest

from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP

V2 = f"/api/atlas/v2/groups/{DEMO_GROUP}"
FLEX = f"{V2}/flexClusters/{DEMO_CLUSTER}/backup"
TENANT = f"{V2}/clusters/{DEMO_CLUSTER}/backup/tenant"
ACCEPT = "application/vnd.atlas.2023-01-01+json"


def _document(reply):
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def _code(reply):
    return (reply.status, json.loads(reply.body)["errorCode"])


def _fits(contract, schema, document):
    whole = {"$ref": f"#/components/schemas/{schema}", **contract("legacy-shared-tier-2026-03")}
    text = json.dumps(whole).replace(r"\\p{L}\\p{N}", r"\\w")  # which Python's re cannot read
    jsonschema.Draft202012Validator(json.loads(text)).validate(document)


def test_snapshots_are_those_of_flex_with_a_link(fake, ask, contract):
    """The same seven members in the same order of items, and a link to the snapshot itself, which answers alike."""
    page = _document(ask(fake, f"{TENANT}/snapshots", accept=ACCEPT))
    _fits(contract, "PaginatedTenantSnapshotView", page)
    flex = _document(ask(fake, f"{FLEX}/snapshots"))["results"]
    plain = [{name: value for name, value in item.items() if name != "links"} for item in page["results"]]
    assert (plain, page["totalCount"]) == (flex, 8)
    for item in page["results"]:
        (link,) = item["links"]
        target = f"{TENANT}/snapshots/{item['id']}"
        assert link == {"href": f"http://localhost:8080{target}", "rel": "self"}
        assert _document(ask(fake, target, accept=ACCEPT)) == item
    assert page["links"][0]["href"].startswith(f"http://localhost:8080{TENANT}/snapshots?")


def test_restore_jobs_have_another_name_for_the_cluster(fake, ask, contract):
    """All else is as flex has it; a download has a target too, as the v1.0 pages show."""
    page = _document(ask(fake, f"{TENANT}/restores", accept=ACCEPT))
    _fits(contract, "PaginatedTenantRestoreView", page)
    flex = _document(ask(fake, f"{FLEX}/restoreJobs"))["results"]
    assert [item["id"] for item in page["results"]] == [item["id"] for item in flex]
    for item, theirs in zip(page["results"], flex, strict=True):
        assert _document(ask(fake, f"{TENANT}/restores/{item['id']}", accept=ACCEPT)) == item
        assert item["links"] == [{"href": f"http://localhost:8080{TENANT}/restores/{item['id']}", "rel": "self"}]
        assert (item["clusterName"], item["targetDeploymentItemName"]) == (DEMO_CLUSTER, DEMO_CLUSTER)
        assert item["targetProjectId"] == DEMO_GROUP
        shared = {name for name in theirs if name != "instanceName"}
        assert {name: item[name] for name in shared} == {name: theirs[name] for name in shared}


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(("word", "delivery"), [("restore", "RESTORE"), ("download", "DOWNLOAD")])
def test_an_order_is_stored(fake, ask, contract, api, word, delivery):
    """200 under both interfaces (v1.0 pages); the job is there for both sides."""
    snapshot = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]
    body = {"snapshotId": snapshot, "targetDeploymentItemName": DEMO_CLUSTER}
    job = _document(ask(fake, f"{TENANT}/{word}".replace("/v2/", f"/{api}/"), method="POST", body=body))
    _fits(contract, "TenantRestore", job)
    assert (job["deliveryType"], job["status"], job["snapshotId"]) == (delivery, "PENDING", snapshot)
    assert _document(ask(fake, f"{FLEX}/restoreJobs/{job['id']}"))["deliveryType"] == delivery


def test_a_download_needs_no_target(fake, ask):
    """The v1.0 pages show a body with the snapshot alone; a restore needs a target."""
    body = {"snapshotId": fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]}
    assert ask(fake, f"{TENANT}/download", method="POST", body=body).status == 200
    assert _code(ask(fake, f"{TENANT}/restore", method="POST", body=body)) == (400, "MISSING_ATTRIBUTE")


def test_members_of_flex_are_refused(fake, ask):
    """The body is strict."""
    body = {"snapshotId": "0" * 24, "targetDeploymentItemName": "x", "instanceName": "x"}
    assert _code(ask(fake, f"{TENANT}/restore", method="POST", body=body)) == (400, "INVALID_ATTRIBUTE")


@pytest.mark.parametrize("api", ["v2", "v1.0"])
@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", "snapshots"),
        ("GET", f"snapshots/{'0' * 24}"),
        ("GET", "restores"),
        ("GET", f"restores/{'0' * 24}"),
        ("POST", "restore"),
        ("POST", "download"),
    ],
)
def test_all_six_go_with_the_serverless_backups(fake, ask, api, method, rest):
    """From the sunset on the answer is 410, and nothing is stored."""
    fake.today = BACKUP_SUNSET
    target = f"{TENANT}/{rest}".replace("/v2/", f"/{api}/")
    before = len(fake.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs)
    assert _code(ask(fake, target, method=method, body=None if method == "GET" else {})) == (410, "VERSION_GONE")
    assert len(fake.cluster(DEMO_GROUP, DEMO_CLUSTER).jobs) == before


def test_other_clusters_have_no_such_backups(fake, ask):
    """A dedicated cluster is refused, an unknown one and one of the legacy side are not found."""
    fake.add_serverless_instance(DEMO_GROUP, "old")
    tenant = f"{V2}/clusters/{{}}/backup/tenant/snapshots"
    assert _code(ask(fake, tenant.format(DEMO_DEDICATED))) == (403, "FEATURE_UNSUPPORTED")
    for name in ("nobody", "old"):
        assert _code(ask(fake, tenant.format(name))) == (404, "CLUSTER_NOT_FOUND")
    assert _code(ask(fake, f"{TENANT}/snapshots/{'0' * 24}")) == (404, "TENANT_SNAPSHOT_NOT_FOUND")
    assert _code(ask(fake, f"{TENANT}/restores/{'0' * 24}")) == (404, "TENANT_RESTORE_NOT_FOUND")
