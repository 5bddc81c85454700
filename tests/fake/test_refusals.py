"""What the fake refuses, in Atlas' words and with its codes: of each way to be wrong one request."""

import re
from typing import Any

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP

NONE = "f" * 24
READS = """
clusters/orders                                400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API
clusters/orders/backup/restoreJobs             400 CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API
flexClusters/warehouse/backup/snapshots        400 CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API
serverless/warehouse                           400 CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API
clusters/warehouse/backup/tenant/snapshots     403 FEATURE_UNSUPPORTED
serverless/nobody                              404 SERVERLESS_INSTANCE_NOT_FOUND
flexClusters/nobody                            404 CLUSTER_NOT_FOUND
clusters/nobody/backup/snapshots               404 CLUSTER_NOT_FOUND
/api/atlas/v2/groups/{none}/flexClusters       404 GROUP_NOT_FOUND
/api/atlas/v2/groups/mine/serverless           404 GROUP_NOT_FOUND
serverless/orders/backup/snapshots/{none}      404 TENANT_SNAPSHOT_NOT_FOUND
flexClusters/orders/backup/snapshots/{none}    404 TENANT_SNAPSHOT_NOT_FOUND
flexClusters/orders/backup/restoreJobs/{none}  404 TENANT_RESTORE_NOT_FOUND
clusters/orders/backup/tenant/snapshots/{none} 404 TENANT_SNAPSHOT_NOT_FOUND
clusters/orders/backup/tenant/restores/{none}  404 TENANT_RESTORE_NOT_FOUND
clusters/warehouse/backup/snapshots/{none}     404 SNAPSHOT_NOT_FOUND
clusters/warehouse/backup/restoreJobs/{none}   404 RESTORE_JOB_NOT_FOUND
flexClusters/orders/backup/snapshots/latest    404 TENANT_SNAPSHOT_NOT_FOUND
flexClusters/orders/backup/restoreJobs/{NONE}  404 TENANT_RESTORE_NOT_FOUND
nothing                                        404 RESOURCE_NOT_FOUND
flexClusters/orders/                           404 RESOURCE_NOT_FOUND
"""


@pytest.mark.parametrize("line", READS.strip().splitlines())
def test_a_read_is_refused(ask, line):
    """Each API has its own code for what it does not serve, and a missing thing is named."""
    target, code = line.split(maxsplit=1)
    assert ask(target.format(none=NONE, NONE=NONE.upper())).code == code


FLEX, DOWNLOAD = (f"flexClusters/{DEMO_CLUSTER}/backup/{word}" for word in ("restoreJobs", "download"))
TENANT = f"clusters/{DEMO_CLUSTER}/backup/tenant/restore"
LEGACY, DEDICATED = f"serverless/{DEMO_CLUSTER}/backup/restoreJobs", f"clusters/{DEMO_DEDICATED}/backup/restoreJobs"
TARGET = {"targetClusterName": DEMO_CLUSTER, "targetGroupId": DEMO_GROUP}
PROVIDER = {"backingProviderName": "GCP", "regionName": "WESTERN_EUROPE"}
ANY = "any snapshot of the demo cluster"
ORDER: dict[str, Any] = {"deliveryType": "automated", "snapshotId": ANY, **TARGET}
NEW: dict[str, Any] = {"name": "new", "providerSettings": PROVIDER}
NEW_CLUSTERS: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "400 MISSING_ATTRIBUTE"),
    ({"name": "a b"}, "400 CLUSTER_NAME_INVALID"),
    ({"name": DEMO_CLUSTER}, "400 DUPLICATE_CLUSTER_NAME"),
    ({"diskSizeGB": 5}, "400 INVALID_ATTRIBUTE"),
    ({"providerSettings": None}, "400 MISSING_ATTRIBUTE"),
    ({"providerSettings": "AWS"}, "400 INVALID_ATTRIBUTE"),
    ({"providerSettings": {**PROVIDER, "zone": "a"}}, "400 INVALID_ATTRIBUTE"),
    ({"providerSettings": {"backingProviderName": "AWS"}}, "400 MISSING_ATTRIBUTE"),
    ({"providerSettings": {**PROVIDER, "providerName": "TENANT"}}, "400 INVALID_ENUM_VALUE"),
    ({"terminationProtectionEnabled": "yes"}, "400 INVALID_ATTRIBUTE"),
    ({"tags": "env"}, "400 INVALID_ATTRIBUTE"),
    ({"tags": ["env"]}, "400 INVALID_ATTRIBUTE"),
    ({"tags": [{"key": "env"}]}, "400 MISSING_ATTRIBUTE"),
    ({"tags": [{"key": "", "value": "x"}]}, "400 INVALID_ATTRIBUTE"),
]
KINDS, ONE = ("flexClusters", "serverless"), f"/{DEMO_CLUSTER}"
WRITES: list[tuple[str, Any, str]] = [
    (LEGACY, ORDER | {"snapshotId": None}, "400 MISSING_ATTRIBUTE"),
    (LEGACY, ORDER | {"deliveryType": None}, "400 MISSING_ATTRIBUTE"),
    (LEGACY, ORDER | {"deliveryType": "RESTORE"}, "400 INVALID_ENUM_VALUE"),
    (LEGACY, ORDER | {"deliveryType": "pointInTime"}, "400 UNSUPPORTED_DELIVERY_METHOD"),
    (LEGACY, ORDER | {"snapshotId": "latest"}, "400 INVALID_ATTRIBUTE"),
    (LEGACY, ORDER | {"targetClusterName": 7}, "400 INVALID_ATTRIBUTE"),
    (LEGACY, ORDER | {"targetDeploymentItemName": "x"}, "400 INVALID_ATTRIBUTE"),
    (LEGACY, ORDER | {"snapshotId": NONE}, "404 TENANT_SNAPSHOT_NOT_FOUND"),
    (LEGACY, ORDER | {"targetClusterName": "nobody"}, "404 CLUSTER_NOT_FOUND"),
    (LEGACY, ORDER | {"targetGroupId": NONE}, "404 GROUP_NOT_FOUND"),
    (FLEX, ORDER, "400 INVALID_ATTRIBUTE"),
    (DOWNLOAD, {"snapshotId": NONE, "targetDeploymentItemName": DEMO_CLUSTER}, "400 INVALID_ATTRIBUTE"),
    (TENANT, {"snapshotId": ANY}, "400 MISSING_ATTRIBUTE"),
    (TENANT, {"snapshotId": ANY, "instanceName": "x"}, "400 INVALID_ATTRIBUTE"),
    (DEDICATED, {"deliveryType": "automated", "snapshotId": NONE}, "400 MISSING_ATTRIBUTE"),
    (DEDICATED, ORDER | {"deliveryType": "pointInTime"}, "400 MISSING_ATTRIBUTE"),
    *((FLEX, broken, "400 MALFORMED_JSON") for broken in (b"", b"[]", b'{"snapshotId":', b"\xff", b"[" * 100_000)),
    *((kind, NEW | change, code) for kind in KINDS for change, code in NEW_CLUSTERS),
    ("flexClusters", NEW | {"serverlessBackupOptions": {}}, "400 INVALID_ATTRIBUTE"),
    (f"/api/atlas/v2/groups/{NONE}/flexClusters", {"name": "new"}, "404 GROUP_NOT_FOUND"),
    *((kind + ONE, change, "400 INVALID_ATTRIBUTE") for kind in KINDS for change in ({"name": "x"}, {"tags": 1})),
    *((kind + ONE, broken, "400 MALFORMED_JSON") for kind in KINDS for broken in (b"[]", b"")),
    ("flexClusters/nobody", {}, "404 CLUSTER_NOT_FOUND"),
    (f"flexClusters/{DEMO_DEDICATED}", {}, "400 CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"),
]


def _contents(fake, ask):
    clusters = [fake.cluster(DEMO_GROUP, name) for name in (DEMO_CLUSTER, DEMO_DEDICATED)]
    return [(each.state, each.tags, len(each.jobs)) for each in clusters], ask("flexClusters").body


@pytest.mark.parametrize(("target", "body", "code"), WRITES)
def test_a_write_is_refused_and_changes_nothing(fake, ask, target, body, code):
    """Each defect of a body has its code: what is missing, mistyped, unknown, taken, or of another API.

    Neither a name nor a provider can change.
    """
    before = _contents(fake, ask)
    if isinstance(body, dict) and body.get("snapshotId") == ANY:
        body = body | {"snapshotId": fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]}
    method = "PATCH" if re.fullmatch(r"(flexClusters|serverless)/\w+", target) else "POST"
    assert ask(target, method, body).code == code
    assert _contents(fake, ask) == before


@pytest.mark.parametrize("media", ["application/vnd.atlas.2023-01-01+json", "application/x-www-form-urlencoded", None])
def test_an_order_is_json_of_a_version_that_exists(fake, ask, media):
    """A flex order may not have the vendor type of the legacy version."""
    order = {"snapshotId": fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]}
    assert ask(DOWNLOAD, "POST", order, media=media).status == 415
    assert ask(DOWNLOAD, "POST", order, media="application/vnd.atlas.2025-03-12+json;charset=utf-8").status == 200


@pytest.mark.parametrize("target", ["flexClusters", f"flexClusters/{DEMO_CLUSTER}/backup/restoreJobs"])
def test_a_wrong_method_is_told_the_right_ones(ask, target):
    """As recorded, 405 has the field Allow and no content; OPTIONS, which it lists, has it too."""
    for method, status in (("DELETE", 405), ("OPTIONS", 200)):
        reply = ask(target, method)
        assert (reply.status, reply.body, reply.header("Allow")) == (status, b"", "POST,GET,OPTIONS")


def test_outside_the_api_there_is_nothing(fake):
    """Other paths answer 404 without a challenge."""
    assert fake.handle("GET", "/").status == fake.handle("GET", "/api/atlas/v3/groups").status == 404
