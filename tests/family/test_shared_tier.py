"""Shared-tier backups: recorded answers of flex and the dedicated tier, and what each gets, under the tenant paths.

Six operations: two lists, two gets, a restore and a download. ``oracle`` says what a caller must get.
"""

import json

import pytest

from tests.family import oracle
from tests.family.doors import playing
from tests.family.replay import CLUSTER, GROUP, ID, KINDS, VERSIONS
from tests.family.test_recorded import SUCCESSES as RECORDED
from tests.family.test_recorded import check_page, ids, is_download, kind_of, parts_of, served
from tests.family.test_writes import FLEX_JOB, ORDER, TENANT
from tests.peers.scripted import NO_CLUSTER, NON_FLEX, ok

ORACLES = {
    "flex-snapshot": oracle.tenant_flex_snapshot,
    "flex-restore": oracle.tenant_flex_job,
    "dedicated-snapshot": oracle.tenant_dedicated_snapshot,
    "dedicated-restore": oracle.tenant_dedicated_job,
}
SUCCESSES = [one for one in RECORDED if kind_of(one) in ORACLES]

CALLS = {
    "list-snapshots": ("GET", f"{TENANT}/snapshots", None),
    "get-snapshot": ("GET", f"{TENANT}/snapshots/{ID}", None),
    "list-jobs": ("GET", f"{TENANT}/restores", None),
    "get-job": ("GET", f"{TENANT}/restores/{ID}", None),
    "restore": ("POST", f"{TENANT}/restore", ORDER),
    "download": ("POST", f"{TENANT}/download", ORDER),
}
READS = [name for name, call in CALLS.items() if call[0] == "GET"]
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/{CLUSTER}/backup"
DEDICATED = f"/api/atlas/v2/groups/{GROUP}/clusters/{CLUSTER}/backup"

DEDICATED_JOB = {"cancelled": False, "deliveryType": "automated", "failed": False, "id": ID, "snapshotId": ID}
LEGACY_JOB = FLEX_JOB | {"clusterName": CLUSTER}
GOOD = {"legacy": ok(LEGACY_JOB), "flex": ok(FLEX_JOB), "dedicated": ok(DEDICATED_JOB)}


def make(ask, call, api="v2", query="", body=...):
    """Make one of the calls."""
    method, path, order = CALLS[call]
    options = {} if order is None else {"json": order if body is ... else body}
    return ask(method, f"/api/atlas/{api}{path}{query}", headers={"Accept": "*/*"}, **options)


def tenant_call(exchange, api):
    """Return the path and the body of the shared-tier call that a recorded successor's answers."""
    group, cluster, rest = parts_of(exchange)
    rest = rest.removeprefix("/backup").replace("/restoreJobs", "/restores")
    body = None
    if exchange.method == "POST":
        rest = "/download" if is_download(exchange) else "/restore"
        body = {"snapshotId": exchange.document["snapshotId"], "targetDeploymentItemName": "target"}
    return f"/api/atlas/{api}/groups/{group}/clusters/{cluster}/backup/tenant{rest}", body


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("exchange", SUCCESSES, ids=ids(SUCCESSES))
def test_a_recorded_success_has_the_decided_fields(atlas, clients, exchange, api):
    """Each value is the one that the oracle takes from the recording; 200 and the content type of each interface."""
    reply, where = served(atlas, clients["auto"], exchange, api, tenant_call)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, KINDS[api]), reply.text
    make_one = ORACLES[kind_of(exchange)]
    if "results" in exchange.document:
        expected = [make_one(source, where) for source in exchange.document["results"]]
        check_page(reply, exchange, expected, keeps=True)
    else:
        assert reply.json() == make_one(exchange.document, where)


@pytest.mark.parametrize("leading", [NON_FLEX, NO_CLUSTER])
@pytest.mark.parametrize("call", READS)
def test_a_read_goes_on_to_the_dedicated_tier(door, call, leading):
    """Where flex says that the cluster is not a flex one, or that there is none; the tier is remembered for all six."""
    page = {"results": [DEDICATED_JOB], "totalCount": 1}
    sides = {"flex": leading, "dedicated": ok(page if call.startswith("list") else DEDICATED_JOB)}
    with playing(door, sides=sides) as (atlas, ask):
        assert make(ask, call).status_code == 200
        assert make(ask, call, api="v1.0").status_code == 200
        make(ask, "restore")
        assert atlas.sides == ["flex", "dedicated", "dedicated", "dedicated"]
        begun = {arrival.path.partition("/backup/")[0] for arrival in atlas.arrivals}
    assert begun == {FLEX.removesuffix("/backup"), DEDICATED.removesuffix("/backup")}


KIND = "application/vnd.atlas.2024-11-13+json"
RESTORE = {name: ORDER[name] for name in ("snapshotId", "targetDeploymentItemName")}


@pytest.mark.parametrize(
    ("call", "body", "sent"),
    [
        ("restore", {**LEGACY_JOB, **ORDER}, ORDER),  # read-only members of a job that was read are no matter
        ("restore", RESTORE, RESTORE),
        ("download", ORDER, {"snapshotId": ID}),
        ("download", {"snapshotId": ID}, {"snapshotId": ID}),
    ],
)
def test_flex_is_told_what_its_contract_has(door, call, body, sent):
    """A restore has the same body; a download loses its target, which is optional for it (v1.0 pages)."""
    with playing(door, sides=GOOD) as (atlas, ask):
        make(ask, call, body=body)
        (arrival,) = atlas.arrivals
    target = f"{FLEX}/restoreJobs" if call == "restore" else f"{FLEX}/download"
    assert (arrival.method, arrival.target, json.loads(arrival.body)) == ("POST", target, sent)
    assert arrival.fields["accept"] == arrival.fields["content-type"] == KIND


AUTOMATED = {"deliveryType": "automated", "snapshotId": ID, "targetClusterName": "other"}


@pytest.mark.parametrize(
    ("call", "body", "sent"),
    [
        ("restore", ORDER, {**AUTOMATED, "targetGroupId": "0" * 24}),
        ("restore", {**ORDER, "targetProjectId": None}, {**AUTOMATED, "targetGroupId": GROUP}),
        ("download", ORDER, {"deliveryType": "download", "snapshotId": ID}),
    ],
)
def test_the_dedicated_tier_is_told_what_its_contract_has(door, call, body, sent):
    """It has one endpoint for both, another name for the target, and wants the target's group."""
    with playing(door, sides={**GOOD, "flex": NON_FLEX}) as (atlas, ask):
        assert make(ask, call, body=body).status_code == 200
        assert atlas.writes == ["flex", "dedicated"]
        arrival = atlas.arrivals[1]
    assert (arrival.method, arrival.target) == ("POST", f"{DEDICATED}/restoreJobs")
    assert json.loads(arrival.body) == sent


@pytest.mark.parametrize(
    ("call", "body", "code", "name"),
    [
        ("restore", {"snapshotId": ID}, "MISSING_ATTRIBUTE", "targetDeploymentItemName"),
        ("restore", {"targetDeploymentItemName": "x"}, "MISSING_ATTRIBUTE", "snapshotId"),
        ("download", {}, "MISSING_ATTRIBUTE", "snapshotId"),
        ("restore", {**ORDER, "snapshotId": 5}, "INVALID_ATTRIBUTE", "snapshotId"),
        ("restore", {**ORDER, "instanceName": "x"}, "INVALID_ATTRIBUTE", "instanceName"),
        ("download", {**ORDER, "targetClusterName": "x"}, "INVALID_ATTRIBUTE", "targetClusterName"),
    ],
)
def test_what_the_old_endpoint_would_refuse_is_refused_before_a_write(door, call, body, code, name):
    """Atlas' own shape and code answer, by name, and nothing is sent."""
    with playing(door, sides=GOOD) as (atlas, ask):
        reply = make(ask, call, body=body)
        assert (reply.status_code, reply.json()["errorCode"], reply.json()["parameters"]) == (400, code, [name])
        assert atlas.arrivals == []
