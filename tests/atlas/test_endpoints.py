import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim import httpx
from shim.atlas import PaginatedServerlessBackupSnapshots, ServerlessBackupSnapshot, endpoints
from shim.atlas.endpoints import following

GROUP = "6510aa1b2c3d4e5f60718293"
ALL = [
    (endpoints.list_serverless_backup_snapshots, (GROUP, "shop"), "listGroupServerlessBackupSnapshots"),
    (endpoints.get_serverless_backup_snapshot, (GROUP, "shop", "s1"), "getGroupServerlessBackupSnapshot"),
    (endpoints.list_serverless_restore_jobs, (GROUP, "shop"), "listGroupServerlessBackupRestoreJobs"),
    (endpoints.get_serverless_restore_job, (GROUP, "shop", "j1"), "getGroupServerlessBackupRestoreJob"),
    (endpoints.list_serverless_instances, (GROUP,), "listGroupServerlessInstances"),
    (endpoints.get_serverless_instance, (GROUP, "shop"), "getGroupServerlessInstance"),
]


def paths(contract):
    """Return path template and method of each operation of the contract."""
    return {
        operation["operationId"]: (path, method.upper())
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    }


@pytest.mark.parametrize(("endpoint", "arguments", "operation"), ALL)
def test_method_and_path_are_the_contracts(contract, endpoint, arguments, operation):
    """Each endpoint asks for the path of its operation."""
    path, method = paths(contract)[operation]
    for value in arguments:
        start, end = path.index("{"), path.index("}") + 1
        path = path[:start] + value + path[end:]

    request = endpoint(*arguments)

    assert (request.method, request.path, request.query, request.body) == (method, path, {}, None)


def test_restore_job_body(contract):
    """A restore job is ordered with the members of the contract; what was not given is not sent."""
    request = endpoints.create_serverless_restore_job(
        GROUP,
        "shop",
        delivery_type="pointInTime",
        target_cluster_name="shop2",
        target_group_id=GROUP,
        snapshot_id="s1",
        oplog_ts=1700000000,
        oplog_inc=1,
        point_in_time_utc_seconds=1700000000,
    )
    least = endpoints.create_serverless_restore_job(
        GROUP, "shop", delivery_type="automated", target_cluster_name="shop2", target_group_id=GROUP
    )

    members = contract["components"]["schemas"]["ServerlessBackupRestoreJob"]["properties"]
    assert request.body is not None
    assert set(request.body) == {name for name, schema in members.items() if not schema.get("readOnly")} - {
        "desiredTimestamp"
    }
    assert least.body is not None
    assert set(least.body) == {"deliveryType", "targetClusterName", "targetGroupId"}


def test_query():
    """Query parameters are spelled as Atlas does, and left out unless given."""
    request = endpoints.list_serverless_backup_snapshots(
        GROUP, "shop", include_count=False, items_per_page=5, page_num=2
    )

    assert request.query == {"includeCount": "false", "itemsPerPage": "5", "pageNum": "2"}


@given(name=st.text(min_size=1).filter(lambda name: name not in {".", ".."}))
def test_a_parameter_stays_one_segment(name):
    """Whatever a name holds, it is one path segment on the wire and decodes to itself."""
    request = endpoints.get_serverless_instance(GROUP, name)
    url = httpx.URL("https://cloud.mongodb.com" + request.path)

    assert url.raw_path.decode() == request.path
    assert url.path == f"/api/atlas/v2/groups/{GROUP}/serverless/{name}"
    assert request.path.count("/") == 7


@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_no_parameter_changes_the_endpoint(value, position):
    """An empty parameter and a dot segment are refused by name."""
    arguments = ["a", "b", "c"]
    arguments[position] = value
    name = ("group_id", "cluster_name", "snapshot_id")[position]

    with pytest.raises(ValueError, match=f"^{name}: "):
        endpoints.get_serverless_backup_snapshot(*arguments)


FIRST = endpoints.iter_serverless_backup_snapshots(GROUP, "shop", items_per_page=2)


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
