"""The requests of each endpoint, compared with the contracts: path, method, query and body."""

import inspect
import re
import tomllib
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.atlas import PaginatedServerlessBackupSnapshots, ServerlessBackupSnapshot
from shim.atlas.calls import check
from shim.atlas.endpoints import CloudBackups, ServerlessInstances
from tests.atlas.conftest import CALLS, CONTRACT, TENANT_CONTRACT, WRITES_CONTRACT

GROUP = "6510aa1b2c3d4e5f60718293"
ID = "6a6f78e0cab84da5c4476b25"
PLACE = {"group_id": GROUP, "cluster_name": "shop", "name": "shop"}
PLACE |= dict.fromkeys(("snapshot_id", "restore_job_id", "restore_id"), ID)

BODIES = tomllib.loads((Path(__file__).parent / "bodies.toml").read_text("utf-8"))


def operation_of(name):
    """Return path template, method, contract and described body of an operation."""
    for contract in (WRITES_CONTRACT, CONTRACT, TENANT_CONTRACT):
        for path, methods in contract["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == name:
                    return path, method.upper(), contract, operation.get("requestBody")
    raise LookupError(name)


def place_of(name):
    """Return the arguments for an endpoint's path."""
    parameters = inspect.signature(CALLS[name]._takes).parameters.values()
    return [
        PLACE[each.name]
        for each in parameters
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ]


def asks_for(request, name):
    """Return whether a request has the method and path of an operation, with its parameters filled in in order."""
    path, method, *_ = operation_of(name)
    for value in re.findall(GROUP + "|shop|" + ID, request.path):
        path = re.sub(r"\{\w+\}", value, path, count=1)
    return (request.method, request.path) == (method, path)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_have_the_members_of_the_contract(name):
    """An omitted argument is not sent."""
    operation, arguments, members = (
        BODIES[name][key] for key in ("operation", "arguments", "members")
    )
    _, _, contract, body = operation_of(operation)
    (content,) = body["content"].values()
    schema = contract["components"]["schemas"][
        content["schema"]["$ref"].rpartition("/")[2]
    ]
    writable = {
        name
        for name, member in schema["properties"].items()
        if not member.get("readOnly")
    }
    request = CALLS[name].request(*place_of(name), **arguments)
    assert asks_for(request, operation)
    assert request.body == members
    assert members.keys() == writable - {*BODIES[name]["never"]}
    without_tags = {
        each: value
        for each, value in arguments.items()
        if each not in {"tags", "oplog_ts"}
    }
    assert set(CALLS[name].request(*place_of(name), **without_tags).body) == set(
        members
    ) - {"tags", "oplogTs"}


@pytest.mark.parametrize("name", BODIES)
def test_ids_and_names_in_a_body_are_validated(name):
    """An order with an impossible id or name is not sent."""
    arguments = BODIES[name]["arguments"]
    for argument in arguments:
        if argument.endswith(("_id", "cluster_name")) or argument == "name":
            with pytest.raises(ValueError, match=f"^{argument}: 'no/such'"):
                CALLS[name].request(
                    *place_of(name), **arguments | {argument: "no/such"}
                )


def test_tags_can_be_removed():
    """An empty list of tags differs from an omitted one."""
    assert ServerlessInstances.update_serverless_instance.request(
        GROUP, "shop", tags={}
    ).body == {"tags": []}


@pytest.mark.parametrize("name", [name for name in CALLS if name.startswith("list_")])
def test_query_parameters_are_atlas_s(name):
    """They have Atlas's names, and are left out unless given."""
    request = CALLS[name].request(
        *place_of(name), include_count=False, items_per_page=5, page_num=2
    )
    assert request.query == {
        "includeCount": "false",
        "itemsPerPage": "5",
        "pageNum": "2",
    }


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
    """Return whether an argument is refused."""
    try:
        check(*argument)
    except ValueError:
        return True
    return False


@given(
    value=st.from_regex(r"\A[a-f0-9]{24}\Z")
    | st.text()
    | st.from_regex(r"\A[a-zA-Z0-9][a-zA-Z0-9-]*\Z")
)
def test_the_contract_s_patterns_decide_about_ids_and_names(value):
    """Only matching ones are accepted, except that ids may be in upper case."""
    for name, pattern in PATTERNS:
        fits = (
            re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None
        )
        assert (
            refuses("some_id" if name.endswith("Id") else "name", value) is not fits
            or value != value.lower()
        )


def test_an_id_may_be_in_upper_case():
    """It refers to the same object, and is sent unchanged."""
    assert (
        GROUP.upper()
        in ServerlessInstances.list_serverless_instances.request(GROUP.upper()).path
    )


@pytest.mark.parametrize("value", [None, 5, b"6510aa1b2c3d4e5f60718293"])
def test_an_argument_of_the_wrong_type_is_refused(value):
    """The error includes the argument's name."""
    with pytest.raises(TypeError, match=r"^group_id: .* is not a text$"):
        ServerlessInstances.list_serverless_instances.request(value)


FIRST = CloudBackups.iter_serverless_backup_snapshots.request(
    GROUP, "shop", items_per_page=2
)


def page(*, results=2, total=None, next_page=None):
    """Return a page with this many results."""
    if next_page is None:
        links = []
    else:
        links = [
            {"rel": "next", "href": f"https://other.example/x?pageNum={next_page}"}
        ]
    made = PaginatedServerlessBackupSnapshots.from_json(
        {"links": links, "totalCount": total}
    )
    return attrs.evolve(made, results=(ServerlessBackupSnapshot(),) * results)


@pytest.mark.parametrize(
    ("last", "seen", "goes_on"),
    [
        (page(next_page=2), 2, True),
        # Without links (a terse upstream) the total shows that there is a next one.
        (
            page(total=3),
            2,
            True,
        ),
        (page(), 2, False),
        (page(total=2), 2, False),
        (page(results=0, total=9, next_page=2), 0, False),
        (page(next_page=1), 2, False),
        (page(next_page=-5), 2, False),
    ],
)
def test_the_next_page_is_requested_by_its_number(last, seen, goes_on):
    """The path stays, whatever the link's is. The last page, an empty one, or a link back ends the iteration."""
    assert FIRST.following(last, seen) == (
        attrs.evolve(FIRST, query={"itemsPerPage": "2", "pageNum": "2"})
        if goes_on
        else None
    )
