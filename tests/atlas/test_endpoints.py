"""What each endpoint asks of Atlas, held against the contracts: path, method, query, body, and what may be in them."""

import inspect
import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.atlas import PaginatedServerlessBackupSnapshots, ServerlessBackupSnapshot
from shim.atlas.calls import check
from shim.atlas.endpoints import (
    CloudBackups,
    ServerlessInstances,
    SharedTierRestoreJobs,
    SharedTierSnapshots,
)
from tests.atlas.described import CONTRACT, TENANT_CONTRACT, WRITES_CONTRACT

GROUP = "6510aa1b2c3d4e5f60718293"
ID = "6a6f78e0cab84da5c4476b25"
PLACE = {"group_id": GROUP, "cluster_name": "shop", "name": "shop"}
PLACE |= dict.fromkeys(("snapshot_id", "restore_job_id", "restore_id"), ID)

READS: dict[str, Any] = {
    "listGroupServerlessBackupSnapshots": CloudBackups.list_serverless_backup_snapshots,
    "getGroupServerlessBackupSnapshot": CloudBackups.get_serverless_backup_snapshot,
    "listGroupServerlessBackupRestoreJobs": CloudBackups.list_serverless_restore_jobs,
    "getGroupServerlessBackupRestoreJob": CloudBackups.get_serverless_restore_job,
    "listGroupServerlessInstances": ServerlessInstances.list_serverless_instances,
    "getGroupServerlessInstance": ServerlessInstances.get_serverless_instance,
    "deleteGroupServerlessInstance": ServerlessInstances.delete_serverless_instance,
    "listGroupClusterBackupTenantSnapshots": SharedTierSnapshots.list_shared_cluster_backups,
    "getGroupClusterBackupTenantSnapshot": SharedTierSnapshots.get_shared_cluster_backup,
    "listGroupClusterBackupTenantRestores": SharedTierRestoreJobs.list_shared_cluster_backup_restore_jobs,
    "getGroupClusterBackupTenantRestore": SharedTierRestoreJobs.get_shared_cluster_backup_restore_job,
}
"""What has no body, by the contract's name."""

TARGET = {"targetClusterName": "shop2", "targetGroupId": GROUP}
PROVIDER = {"backingProviderName": "AWS", "regionName": "US_EAST_1"}
OPTIONS = {
    "serverless_continuous_backup_enabled": False,
    "tags": {"env": "demo"},
    "termination_protection_enabled": True,
}
OPTION_MEMBERS = {
    "serverlessBackupOptions": {"serverlessContinuousBackupEnabled": False},
    "tags": [{"key": "env", "value": "demo"}],
    "terminationProtectionEnabled": True,
}
# Operation, endpoint, what it needs, the body of that, what may be given too, its members, members of the contract
# that it never has.
BODIES: dict[str, tuple[Any, ...]] = {
    "createGroupServerlessBackupRestoreJob": (
        CloudBackups.create_serverless_restore_job,
        {"delivery_type": "automated", "target_cluster_name": "shop2", "target_group_id": GROUP},
        {"deliveryType": "automated", **TARGET},
        {"snapshot_id": ID, "oplog_ts": 17, "oplog_inc": 1, "point_in_time_utc_seconds": 18},
        {"snapshotId": ID, "oplogTs": 17, "oplogInc": 1, "pointInTimeUTCSeconds": 18},
        {"desiredTimestamp"},
    ),
    "createGroupClusterBackupTenantRestore": (
        SharedTierRestoreJobs.create_shared_cluster_backup_restore_job,
        {"snapshot_id": ID, "target_deployment_item_name": "shop2"},
        {"snapshotId": ID, "targetDeploymentItemName": "shop2"},
        {"target_project_id": GROUP},
        {"targetProjectId": GROUP},
        set(),
    ),
    "downloadGroupClusterBackupTenant": (
        SharedTierSnapshots.download_shared_cluster_backup,
        {"snapshot_id": ID},
        {"snapshotId": ID},
        {"target_deployment_item_name": "shop2"},
        {"targetDeploymentItemName": "shop2"},
        {"targetProjectId"},
    ),
    "createGroupServerlessInstance": (
        ServerlessInstances.create_serverless_instance,
        {"name": "shop", "backing_provider_name": "AWS", "region_name": "US_EAST_1"},
        {"name": "shop", "providerSettings": PROVIDER},
        OPTIONS,
        OPTION_MEMBERS,
        set(),
    ),
    "updateGroupServerlessInstance": (
        ServerlessInstances.update_serverless_instance,
        {},
        {},
        OPTIONS,
        OPTION_MEMBERS,
        set(),
    ),
}


def operation_of(name):
    """Return path template, method and writable members of the body of an operation of the contracts."""
    for contract in (WRITES_CONTRACT, CONTRACT, TENANT_CONTRACT):
        for path, methods in contract["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == name:
                    return path, method.upper(), contract, operation.get("requestBody")
    raise LookupError(name)


def place_of(endpoint):
    """Return the arguments that say where an endpoint is."""
    parameters = inspect.signature(endpoint._takes).parameters.values()
    return [PLACE[each.name] for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]


def asks_for(request, name):
    """Return whether a request has the method and path of an operation, whose parameters are put in in order."""
    path, method, *_ = operation_of(name)
    for value in re.findall(GROUP + "|shop|" + ID, request.path):
        path = re.sub(r"\{\w+\}", value, path, count=1)
    return (request.method, request.path) == (method, path)


@pytest.mark.parametrize("name", READS)
def test_method_and_path_are_the_contracts(name):
    """Each endpoint asks for the path of its operation."""
    request = READS[name].request(*place_of(READS[name]))

    assert asks_for(request, name)
    assert (request.query, request.body) == ({}, None)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_the_contracts(name):
    """A write has the members of the contract; what was not given is not sent."""
    endpoint, needed, least, more, members, never = BODIES[name]
    _, _, contract, body = operation_of(name)
    (content,) = body["content"].values()
    schema = contract["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    writable = {name for name, member in schema["properties"].items() if not member.get("readOnly")}

    request = endpoint.request(*place_of(endpoint), **needed, **more)

    assert asks_for(request, name)
    assert request.body == least | members
    assert endpoint.request(*place_of(endpoint), **needed).body == least
    assert set(request.body) == writable - never


@pytest.mark.parametrize("name", BODIES)
def test_members_of_a_body_are_looked_at_too(name):
    """An order with an id or a name that nothing has is not sent."""
    endpoint, needed, _, more, *_ = BODIES[name]
    for argument in needed | more:
        if argument.endswith(("_id", "cluster_name")) or argument == "name":
            with pytest.raises(ValueError, match=f"^{argument}: 'no/such'"):
                endpoint.request(*place_of(endpoint), **needed | more | {argument: "no/such"})


def test_tags_can_be_taken_away():
    """No tags are not the same as tags that were not given."""
    assert ServerlessInstances.update_serverless_instance.request(GROUP, "shop", tags={}).body == {"tags": []}


@pytest.mark.parametrize("name", [name for name in READS if name.startswith("list")])
def test_query(name):
    """Query parameters are spelled as Atlas does, and left out unless given."""
    endpoint = READS[name]
    request = endpoint.request(*place_of(endpoint), include_count=False, items_per_page=5, page_num=2)

    assert request.query == {"includeCount": "false", "itemsPerPage": "5", "pageNum": "2"}


PATTERNS = {
    (parameter["name"], parameter["schema"]["pattern"])
    for contract in (CONTRACT, TENANT_CONTRACT, WRITES_CONTRACT)
    for methods in contract["paths"].values()
    for operation in methods.values()
    for parameter in operation["parameters"]
    if parameter.get("in") == "path"
}
"""Every pattern that the contracts have for an id or a name in a path."""


def refuses(*argument):
    """Tell whether an argument is refused."""
    try:
        check(*argument)
    except ValueError:
        return True
    return False


@given(value=st.from_regex(r"\A[a-f0-9]{24}\Z") | st.text() | st.from_regex(r"\A[a-zA-Z0-9][a-zA-Z0-9-]*\Z"))
def test_the_contract_decides_what_an_id_and_a_name_is(value):
    """Whatever fits the contract's pattern is taken, and nothing else but ids in upper case."""
    for name, pattern in PATTERNS:
        fits = re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None
        assert refuses("some_id" if name.endswith("Id") else "name", value) is not fits or value != value.lower()


def test_an_id_may_be_in_upper_case():
    """It means the same object, and is sent as it is."""
    assert GROUP.upper() in ServerlessInstances.list_serverless_instances.request(GROUP.upper()).path


@pytest.mark.parametrize("value", [None, 5, b"6510aa1b2c3d4e5f60718293"])
def test_an_argument_that_is_not_a_text(value):
    """The error names the argument."""
    with pytest.raises(TypeError, match=r"^group_id: .* is not a text$"):
        ServerlessInstances.list_serverless_instances.request(value)


FIRST = CloudBackups.iter_serverless_backup_snapshots.request(GROUP, "shop", items_per_page=2)


def page(*, results=2, total=None, next_page=None):
    """Make a page of so many results."""
    links = [] if next_page is None else [{"rel": "next", "href": f"https://other.example/x?pageNum={next_page}"}]
    made = PaginatedServerlessBackupSnapshots.from_json({"links": links, "totalCount": total})
    return attrs.evolve(made, results=(ServerlessBackupSnapshot(),) * results)


@pytest.mark.parametrize("last", [page(next_page=2), page(total=3)])
def test_the_next_page_is_asked_for_by_its_number(last):
    """At the same path, whatever its link names; without links (a terse upstream), the total says that there is one."""
    assert FIRST.following(last, 2) == attrs.evolve(FIRST, query={"itemsPerPage": "2", "pageNum": "2"})


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
    assert FIRST.following(last, seen) is None
