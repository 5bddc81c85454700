import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim import httpx
from shim.atlas import PaginatedServerlessBackupSnapshots, ServerlessBackupSnapshot
from shim.atlas.endpoints import (
    cloud_backups,
    performance_advisor,
    serverless_instances,
    shared_tier_restore_jobs,
    shared_tier_snapshots,
)
from shim.atlas.request import check, following

GROUP = "6510aa1b2c3d4e5f60718293"
ID = "6a6f78e0cab84da5c4476b25"
ALL = [
    (cloud_backups.list_serverless_backup_snapshots, (GROUP, "shop"), "listGroupServerlessBackupSnapshots"),
    (cloud_backups.get_serverless_backup_snapshot, (GROUP, "shop", ID), "getGroupServerlessBackupSnapshot"),
    (cloud_backups.list_serverless_restore_jobs, (GROUP, "shop"), "listGroupServerlessBackupRestoreJobs"),
    (cloud_backups.get_serverless_restore_job, (GROUP, "shop", ID), "getGroupServerlessBackupRestoreJob"),
    (serverless_instances.list_serverless_instances, (GROUP,), "listGroupServerlessInstances"),
    (serverless_instances.get_serverless_instance, (GROUP, "shop"), "getGroupServerlessInstance"),
    (serverless_instances.delete_serverless_instance, (GROUP, "shop"), "deleteGroupServerlessInstance"),
    (
        performance_advisor.get_serverless_auto_indexing,
        (GROUP, "shop"),
        "getGroupServerlessPerformanceAdvisorAutoIndexing",
    ),
    (shared_tier_snapshots.list_shared_cluster_backups, (GROUP, "shop"), "listGroupClusterBackupTenantSnapshots"),
    (shared_tier_snapshots.get_shared_cluster_backup, (GROUP, "shop", ID), "getGroupClusterBackupTenantSnapshot"),
    (
        shared_tier_restore_jobs.list_shared_cluster_backup_restore_jobs,
        (GROUP, "shop"),
        "listGroupClusterBackupTenantRestores",
    ),
    (
        shared_tier_restore_jobs.get_shared_cluster_backup_restore_job,
        (GROUP, "shop", ID),
        "getGroupClusterBackupTenantRestore",
    ),
]
TENANT = f"/api/atlas/v2/groups/{GROUP}/clusters/shop/backup/tenant"


def paths(contracts):
    """Return path template and method of each operation of the contracts."""
    return {
        operation["operationId"]: (path, method.upper())
        for contract in contracts
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    }


def writable(contract, schema):
    """Return the members of a schema that a request may have."""
    members = contract["components"]["schemas"][schema]["properties"]
    return {name for name, member in members.items() if not member.get("readOnly")}


@pytest.mark.parametrize(("endpoint", "arguments", "operation"), ALL)
def test_method_and_path_are_the_contracts(contract, tenant_contract, endpoint, arguments, operation):
    """Each endpoint asks for the path of its operation."""
    path, method = paths([contract, tenant_contract])[operation]
    for value in arguments:
        start, end = path.index("{"), path.index("}") + 1
        path = path[:start] + value + path[end:]

    request = endpoint(*arguments)

    assert (request.method, request.path, request.query, request.body) == (method, path, {}, None)


def test_restore_job_body(contract):
    """A restore job is ordered with the members of the contract; what was not given is not sent."""
    request = cloud_backups.create_serverless_restore_job(
        GROUP,
        "shop",
        delivery_type="pointInTime",
        target_cluster_name="shop2",
        target_group_id=GROUP,
        snapshot_id=ID,
        oplog_ts=1700000000,
        oplog_inc=1,
        point_in_time_utc_seconds=1700000000,
    )
    least = cloud_backups.create_serverless_restore_job(
        GROUP, "shop", delivery_type="automated", target_cluster_name="shop2", target_group_id=GROUP
    )

    assert request.body is not None
    assert set(request.body) == writable(contract, "ServerlessBackupRestoreJob") - {"desiredTimestamp"}
    assert least.body is not None
    assert set(least.body) == {"deliveryType", "targetClusterName", "targetGroupId"}


def test_shared_tier_restore_body(tenant_contract):
    """A restore of a shared-tier cluster is ordered with the members of the contract."""
    request = shared_tier_restore_jobs.create_shared_cluster_backup_restore_job(
        GROUP, "shop", snapshot_id=ID, target_deployment_item_name="shop2", target_project_id=GROUP
    )
    least = shared_tier_restore_jobs.create_shared_cluster_backup_restore_job(
        GROUP, "shop", snapshot_id=ID, target_deployment_item_name="shop2"
    )

    assert (request.method, request.path) == ("POST", f"{TENANT}/restore")
    assert request.body is not None
    assert set(request.body) == writable(tenant_contract, "TenantRestore")
    assert least.body == {"snapshotId": ID, "targetDeploymentItemName": "shop2"}


def test_shared_tier_download_body():
    """A download needs a snapshot; the target that the contract required can be given."""
    download = shared_tier_snapshots.download_shared_cluster_backup
    request = download(GROUP, "shop", snapshot_id=ID)

    assert (request.method, request.path, request.body) == ("POST", f"{TENANT}/download", {"snapshotId": ID})
    assert download(GROUP, "shop", snapshot_id=ID, target_deployment_item_name="shop2").body == {
        "snapshotId": ID,
        "targetDeploymentItemName": "shop2",
    }


OPTIONS: dict[str, Any] = {
    "serverless_continuous_backup_enabled": False,
    "tags": {"env": "demo"},
    "termination_protection_enabled": True,
}
OPTION_MEMBERS = {
    "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
    "tags": [{"key": "env", "value": "demo"}],
    "terminationProtectionEnabled": True,
}


def test_instance_bodies(writes_contract):
    """An instance is created and changed with the members of the contract; what was not given is not sent."""
    where: dict[str, Any] = {"name": "shop", "backing_provider_name": "AWS", "region_name": "US_EAST_1"}
    create, update = serverless_instances.create_serverless_instance, serverless_instances.update_serverless_instance
    least = {"name": "shop", "providerSettings": {"backingProviderName": "AWS", "regionName": "US_EAST_1"}}

    created, changed = create(GROUP, **where, **OPTIONS), update(GROUP, "shop", **OPTIONS)

    assert (created.method, created.path) == ("POST", f"/api/atlas/v2/groups/{GROUP}/serverless")
    assert (changed.method, changed.path) == ("PATCH", f"/api/atlas/v2/groups/{GROUP}/serverless/shop")
    assert created.body == least | OPTION_MEMBERS
    assert changed.body == OPTION_MEMBERS
    assert set(created.body) == writable(writes_contract, "ServerlessInstanceDescriptionCreate")
    assert set(changed.body) == writable(writes_contract, "ServerlessInstanceDescriptionUpdate")
    assert create(GROUP, **where).body == least
    assert update(GROUP, "shop", tags={}).body == {"tags": []}


def test_query():
    """Query parameters are spelled as Atlas does, and left out unless given."""
    for endpoint in (
        cloud_backups.list_serverless_backup_snapshots,
        shared_tier_snapshots.list_shared_cluster_backups,
        shared_tier_restore_jobs.list_shared_cluster_backup_restore_jobs,
    ):
        request = endpoint(GROUP, "shop", include_count=False, items_per_page=5, page_num=2)
        assert request.query == {"includeCount": "false", "itemsPerPage": "5", "pageNum": "2"}


def schemas(*contracts):
    """Return every pattern that the contracts have for an id or a name in a path."""
    return {
        (parameter["name"], parameter["schema"]["pattern"])
        for contract in contracts
        for methods in contract["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter.get("in") == "path"
    }


def refuses(**argument):
    """Tell whether an argument is refused."""
    try:
        check(**argument)
    except ValueError:
        return True
    return False


@given(value=st.from_regex(r"\A[a-f0-9]{24}\Z") | st.text() | st.from_regex(r"\A[a-zA-Z0-9][a-zA-Z0-9-]*\Z"))
def test_the_contract_decides_what_an_id_and_a_name_is(contract, tenant_contract, writes_contract, value):
    """Whatever fits the contract's pattern is taken, and nothing else but ids in upper case."""
    for name, pattern in schemas(contract, tenant_contract, writes_contract):
        fits = re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None
        assert refuses(**{"some_id" if name.endswith("Id") else "name": value}) is not fits or value != value.lower()


@given(name=st.from_regex(r"\A[a-zA-Z0-9][a-zA-Z0-9-]*\Z"))
def test_a_parameter_stays_one_segment(name):
    """A name is on the wire as it is, and one path segment."""
    request = serverless_instances.get_serverless_instance(GROUP, name)
    url = httpx.URL("https://cloud.mongodb.com" + request.path)

    assert url.raw_path.decode() == url.path == request.path == f"/api/atlas/v2/groups/{GROUP}/serverless/{name}"


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "ä", "a b", "-shop", f"{GROUP}/", f"{GROUP}\n", "%41"])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_argument_that_no_atlas_has_is_refused(value, position):
    """Ids and names are looked at before anything is sent, and the error names the argument."""
    arguments = [GROUP, "shop", ID]
    arguments[position] = value
    name = ("group_id", "cluster_name", "snapshot_id")[position]

    with pytest.raises(ValueError, match=f"^{name}: "):
        cloud_backups.get_serverless_backup_snapshot(*arguments)


def test_an_id_may_be_in_upper_case():
    """It means the same object, and is sent as it is."""
    assert GROUP.upper() in serverless_instances.list_serverless_instances(GROUP.upper()).path


@pytest.mark.parametrize("value", [None, 5, b"6510aa1b2c3d4e5f60718293"])
def test_an_argument_that_is_no_text(value):
    """The error names it, and is no riddle of some library's."""
    with pytest.raises(TypeError, match=r"^group_id: .* is no text$"):
        serverless_instances.list_serverless_instances(value)


RESTORE: dict[str, Any] = {"delivery_type": "automated", "target_cluster_name": "shop2", "target_group_id": GROUP}
ORDERS = [
    (cloud_backups.create_serverless_restore_job, (GROUP, "shop"), RESTORE, ("snapshot_id", "target_group_id")),
    (cloud_backups.create_serverless_restore_job, (GROUP, "shop"), RESTORE, ("target_cluster_name",)),
    (
        shared_tier_restore_jobs.create_shared_cluster_backup_restore_job,
        (GROUP, "shop"),
        {"snapshot_id": ID, "target_deployment_item_name": "shop2"},
        ("snapshot_id", "target_project_id"),
    ),
    (shared_tier_snapshots.download_shared_cluster_backup, (GROUP, "shop"), {}, ("snapshot_id",)),
    (
        serverless_instances.create_serverless_instance,
        (GROUP,),
        {"backing_provider_name": "AWS", "region_name": "US_EAST_1"},
        ("name",),
    ),
]


@pytest.mark.parametrize(("endpoint", "place", "rest", "names"), ORDERS)
def test_members_of_a_body_are_looked_at_too(endpoint, place, rest, names):
    """An order with an id or a name that nothing has is not sent."""
    for name in names:
        with pytest.raises(ValueError, match=f"^{name}: 'no/such'"):
            endpoint(*place, **rest | {name: "no/such"})


FIRST = cloud_backups.iter_serverless_backup_snapshots(GROUP, "shop", items_per_page=2)


def page(*, results=2, total=None, next_page=None):
    """Make a page of so many results."""
    links = [] if next_page is None else [{"rel": "next", "href": f"https://other.example/x?pageNum={next_page}"}]
    made = PaginatedServerlessBackupSnapshots.from_json({"links": links, "totalCount": total})
    return attrs.evolve(made, results=(ServerlessBackupSnapshot(),) * results)


def test_next_link_is_followed_by_number():
    """The next page is asked for at the same path, whatever host and path its link names."""
    request = following(FIRST, page(next_page=2), 2)

    assert request == attrs.evolve(FIRST, query={"itemsPerPage": "2", "pageNum": "2"})


def test_total_count_is_followed():
    """Without links, the total says that there is more (an upstream that clamps pages, or a terse one)."""
    assert following(FIRST, page(total=3), 2) == attrs.evolve(FIRST, query={"itemsPerPage": "2", "pageNum": "2"})


@pytest.mark.parametrize(
    ("last", "seen"),
    [
        (page(), 2),
        (page(total=2), 2),
        (page(results=0, total=9, next_page=2), 0),
        (page(next_page=1), 2),
        (page(next_page=-5), 2),
    ],
)
def test_a_walk_ends(last, seen):
    """After the last page, an empty one, or one whose next link leads back, nothing is asked for."""
    assert following(FIRST, last, seen) is None
