"""Former M2 and M5 clusters under /clusters, behind a switch: read, listed and written as flex clusters."""

import json
from datetime import UTC, datetime
from functools import partial

import attrs
import pytest

from shim.core.messages import field
from shim.core.recognize import shared_engine
from shim.core.route import Memory
from shim.core.settings import RouteWord, Settings
from tests.core.driver import (
    BASE,
    CASES,
    GONE,
    Clock,
    answers,
    drive,
    pages_of,
    refuses,
)

ENGINE = shared_engine(
    {"ATLAS_SHIM_READS": "former-clusters", "ATLAS_SHIM_WRITES": "former-clusters"}
)

V2, V1 = (f"/api/atlas/{api}/groups/g1/clusters" for api in ("v2", "v1.0"))
FLEX = "/api/atlas/v2/groups/g1/flexClusters"
GONE_TO_FLEX = refuses(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")
BEFORE, AFTER = (datetime(year, 7, 2, tzinfo=UTC).timestamp() for year in (2026, 2027))
"""Before and after the sunset of 2023-02-01 on 2027-07-01."""

SHAPES = json.loads((CASES / "former-clusters.json").read_text("utf-8"))
"""A former M5 cluster in each version (recorded, except for the oldest)."""
FLEX_CLUSTER = SHAPES.pop("flex")
"""The same cluster as a flex cluster, in the format of the contract."""
SHAPES["v1.0"] = SHAPES["2023-01-01"]


def call(version):
    """Return the path of the clusters in a version, and the Accept field that names it."""
    if version == "v1.0":
        return (V1, ())
    return (V2, (("Accept", f"application/vnd.atlas.{version}+json"),))


def ask(version, upstream, below="/cluster0", engine=ENGINE, **more):
    """Make a call in a version. All versions are alive unless a clock decides otherwise."""
    path, headers = call(version)
    return drive(
        engine, f"{path}{below}", upstream, headers=headers, **{"clock": BEFORE, **more}
    )


def without_links(document):
    """Return a document without its links."""
    return {name: value for name, value in document.items() if name != "links"}


@pytest.mark.parametrize("version", SHAPES)
def test_a_former_cluster_is_read_with_its_old_members(version):
    """The endpoint is called first, and one error code of it leads to the flex cluster."""
    driven = ask(version, [GONE_TO_FLEX, answers(FLEX_CLUSTER)])
    assert driven.targets == (f"{call(version)[0]}/cluster0", f"{FLEX}/cluster0")
    assert driven.routes == ("legacy", "former")
    assert without_links(driven.document) == SHAPES[version]
    own = f"{BASE}{call(version)[0]}/cluster0"
    hrefs = [link["href"] for link in driven.document["links"]]
    assert hrefs == [own, f"{own}/backup/restoreJobs", f"{own}/backup/snapshots"]
    levels = driven.outcome.record.by_level()
    assert "replicationSpecs[].id" in levels["absent"]
    assert not driven.outcome.record.dropped


@pytest.mark.parametrize(
    "given",
    [
        answers({"name": "cluster0"}),
        refuses(404, "CLUSTER_NOT_FOUND"),
        refuses(400, "X"),
    ],
)
@pytest.mark.parametrize("version", SHAPES)
def test_any_other_response_of_the_endpoint_is_passed_through(version, given):
    """There is one call, and an error with another code is final, too."""
    driven = ask(version, [given])
    assert driven.passed
    assert [(send.call.target, send.rewritten) for send in driven.sends] == [
        (f"{call(version)[0]}/cluster0", False)
    ]


LISTED = answers({"results": [FLEX_CLUSTER], "totalCount": 1})
LIMITED = refuses(429, "RATE_LIMITED")


@pytest.mark.parametrize(("below", "upstream", "routes"), [
    ("/cluster0", [GONE_TO_FLEX, refuses(404, "CLUSTER_NOT_FOUND")], ("legacy", "former")),
    ("", [LIMITED], ("former",)), ("", [LISTED, refuses(403, "NOT_IN_GROUP")], ("former", "legacy")),
])  # fmt: skip
def test_an_error_of_either_side_is_final(below, upstream, routes):
    """It comes unchanged or in an envelope. A list that silently lacks clusters would be worse."""
    driven = ask("2024-08-05", upstream, below)
    assert driven.passed is True
    assert driven.routes == routes
    driven = ask("2024-08-05", upstream, f"{below}?envelope=true")
    assert driven.document == {
        "status": upstream[-1][0],
        "content": json.loads(upstream[-1][2]),
    }


@pytest.mark.parametrize("version", ["2023-02-01", "2023-01-01"])
@pytest.mark.parametrize("route", [RouteWord.AUTO, RouteWord.SUCCESSOR, RouteWord.DATE])
def test_after_the_sunset_the_successor_leads_to_flex(version, route):
    """A dedicated cluster comes from the successor, and a former M5 from flex."""
    settings = Settings(route=route)
    driven = ask(
        version, [GONE_TO_FLEX, answers(FLEX_CLUSTER)], clock=AFTER, settings=settings
    )
    assert driven.routes == ("successor", "former")
    assert without_links(driven.document) == SHAPES[version]
    assert ask(
        version, [answers({"name": "c"})], clock=AFTER, settings=settings
    ).routes == ("successor",)


@pytest.mark.parametrize("version", SHAPES)
def test_switched_off_it_changes_nothing(version):
    """The switch is off by default, and routes without a fallback ignore it."""
    path, headers = call(version)
    for_all = shared_engine({}).recognize("GET", f"{path}/cluster0", headers)
    assert for_all is None or [*for_all.operation.successors] == ["successor"]
    for route in (RouteWord.OFF, RouteWord.LEGACY):
        assert ask(version, [GONE_TO_FLEX], settings=Settings(route=route)).passed


@pytest.mark.parametrize(
    ("code", "routes"),
    [
        ("CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API", ("legacy", "former")),
        ("CLUSTER_NOT_FOUND", ("legacy",)),
    ],
)
def test_head_finds_the_code_in_its_field(code, routes):
    """It has no content, and its response has the same fields as that to GET."""
    upstream = [(400, (("X-Error-Code", code),), b""), answers(FLEX_CLUSTER)]
    assert ask("2024-08-05", upstream, method="HEAD").routes == routes


def lists(clusters, flex, most=500):
    """Return an upstream with two lists that pages them as Atlas does."""
    other = pages_of(clusters, most=most)
    own = pages_of(flex, most=most)

    def upstream(call):
        if "pageNum" in call.query:
            asked = call
        else:
            asked = attrs.evolve(call, target=f"{call.path}?pageNum=1&itemsPerPage=9")
        if call.path == FLEX:
            return own(asked)
        return other(asked)

    return upstream


def test_a_range_request_does_not_combine_the_lists():
    """The range refers to bytes of a list that neither side has."""
    headers = (*call("2024-08-05")[1], ("Range", "bytes=0-9"), ("If-Range", '"x"'))
    driven = drive(ENGINE, V2, lists([], [FLEX_CLUSTER]), headers=headers, clock=BEFORE)
    assert driven.routes == ("former", "legacy")
    assert not any(
        field(send.call.headers, name)
        for send in driven.sends
        for name in ("range", "if-range")
    )


DEDICATED = [
    {"name": f"dedicated{number}", "id": f"{number}", "links": [{"href": "x"}]}
    for number in range(3)
]
TWO = [
    FLEX_CLUSTER,
    FLEX_CLUSTER | {"name": "cluster1", "id": "67adfc880d1ee76f87979187"},
]


@pytest.mark.parametrize("version", SHAPES)
def test_a_list_includes_the_former_clusters(version):
    """They follow the others, which stay unchanged. They are counted, and links lead through the shim."""
    driven = ask(version, lists(DEDICATED, TWO), "")
    assert driven.routes == ("former", "legacy")
    results = driven.document["results"]
    assert results[:3] == DEDICATED
    assert [one["name"] for one in results[3:]] == ["cluster0", "cluster1"]
    assert without_links(results[3]) == SHAPES[version]
    assert driven.document["totalCount"] == 5
    assert [send.call.headers for send in driven.sends if send.route == "legacy"] == [
        call(version)[1]
    ]


PAGES = {
    1: ["dedicated0", "dedicated1"],
    2: ["dedicated2", "cluster0"],
    3: ["cluster1"],
    4: [],
}


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_cut_out_of_both_lists(page):
    """The caller's number and size of pages hold, independent of upstream's."""
    driven = ask(
        "2024-08-05",
        lists(DEDICATED, TWO, most=1),
        f"?itemsPerPage=2&pageNum={page}&x=1",
    )
    assert [one["name"] for one in driven.document["results"]] == PAGES[page]
    assert driven.document["totalCount"] == 5
    rels = {link["rel"]: link["href"] for link in driven.document["links"]}
    assert ("next" in rels) == (page < 3)
    assert ("previous" in rels) == (page > 1)
    assert all(href.startswith(f"{BASE}{V2}?x=1&") for href in rels.values())
    assert sum(send.route == "legacy" for send in driven.sends) == 3


@pytest.mark.parametrize("version", SHAPES)
def test_an_empty_flex_list_is_remembered(version):
    """For ten minutes this caller's list passes through with one call."""
    memory = Memory()
    clock = Clock(BEFORE)
    ask_again = partial(
        ask,
        version,
        lists(DEDICATED, []),
        "?itemsPerPage=2",
        memory=memory,
        clock=clock,
    )
    first = ask_again()
    assert first.routes == ("former", "legacy")
    assert first.passed is True
    assert first.targets[1] == f"{call(version)[0]}?itemsPerPage=2"
    clock.now += 599
    assert ask_again().routes == ("legacy",)
    clock.now += 1
    assert ask_again().routes == ("former", "legacy")


def test_another_caller_or_project_calls_flex_again():
    """A list that is empty for one may have clusters for another."""
    memory = Memory()
    accept = call("2024-08-05")[1]
    for key in ("a", "b", "b"):
        headers = (*accept, ("Authorization", f"Bearer {key}"))
        driven = drive(
            ENGINE, V2, lists([], []), headers=headers, memory=memory, clock=BEFORE
        )
    assert driven.routes == ("legacy",)
    assert driven.sends[0].call.headers == headers
    assert len(memory._entries) == 2


@pytest.mark.parametrize("version", ["2023-02-01", "2023-01-01"])
def test_after_the_sunset_the_successors_list_is_combined(version):
    """Each list has its own rules. The same happens when the legacy endpoint reports that it has ended."""
    new = {
        "name": "d",
        "replicationSpecs": [
            {"id": "1", "zoneId": "z", "zoneName": "Z", "regionConfigs": []}
        ],
    }
    driven = ask(version, lists([new], TWO), "", clock=AFTER)
    assert driven.routes == ("former", "successor")
    one, other, _ = driven.document["results"]
    assert one["name"] == "d"
    assert one["replicationSpecs"][0]["numShards"] == 1
    assert without_links(other) == SHAPES[version]
    upstream = lists([new], TWO)
    old = call(version)[1]
    gone = ask(
        version, lambda sent: GONE if sent.headers == old else upstream(sent), ""
    )
    assert gone.routes == ("former", "legacy", "successor")
    assert gone.document == driven.document


def test_parameters_unknown_to_atlas_are_not_sent_to_flex():
    """The record notes them."""
    driven = ask(
        "2024-08-05", lists(DEDICATED, TWO), "?includeDeletedWithRetainedBackups=true"
    )
    assert ["includeDeleted" in target for target in driven.targets] == [False, True]
    assert any("retains no backups" in note for note in driven.outcome.record.notes)


REGION = {
    "backingProviderName": "AWS",
    "providerName": "TENANT",
    "regionName": "R1",
    "priority": 7,
}
TAGS = [{"key": "a", "value": "b"}]


def advanced(size, regions=1):
    """Return the body of a creation with this many regions."""
    configs = [REGION | {"electableSpecs": {"instanceSize": size}}] * regions
    specs = [{"regionConfigs": configs}]
    return {
        "name": "cluster0",
        "clusterType": "REPLICASET",
        "replicationSpecs": specs,
        "tags": TAGS,
    }


def oldest(size):
    """Return the same body in the format of the first version."""
    settings = {
        "providerName": "TENANT",
        "instanceSizeName": size,
        "backingProviderName": "AWS",
        "regionName": "R1",
    }
    return {
        "name": "cluster0",
        "providerSettings": settings,
        "tags": TAGS,
        "terminationProtectionEnabled": True,
    }


BODIES = {
    "2024-10-23": advanced,
    "2024-08-05": advanced,
    "2023-02-01": advanced,
    "2023-01-01": oldest,
    "v1.0": oldest,
}
SHOWN = {"2024-10-23": SHAPES["2024-08-05"], **SHAPES}


def write(version, method, body, upstream, below="/cluster0", **more):
    """Make a write in a version."""
    return ask(version, upstream, below, method=method, body=body, **more)


@pytest.mark.parametrize("size", ["M2", "M5"])
@pytest.mark.parametrize("version", BODIES)
def test_creating_an_m2_or_m5_makes_a_flex_cluster(version, size):
    """One call has the members that flex accepts. A remembered empty list is forgotten."""
    memory = Memory()
    ask("2024-08-05", lists([], []), "", memory=memory)
    driven = write(
        version,
        "POST",
        BODIES[version](size),
        [answers(FLEX_CLUSTER, 201)],
        "",
        memory=memory,
    )
    (send,) = driven.sends
    assert send.call.method == "POST"
    assert send.call.target == FLEX
    assert send.route == "former"
    sent = json.loads(send.call.body)
    assert sent.pop("terminationProtectionEnabled", True)
    settings = {"backingProviderName": "AWS", "regionName": "R1"}
    assert sent == {"name": "cluster0", "providerSettings": settings, "tags": TAGS}
    assert driven.reply.status == 201
    assert without_links(driven.document) == SHOWN[version]
    assert any("the rest was not sent" in note for note in driven.outcome.record.notes)
    assert ask("2024-08-05", lists([], TWO), "", memory=memory).routes == (
        "former",
        "legacy",
    )


OTHERS = [
    *(advanced(size) for size in ("M10", "M0", None)),
    advanced("M5", 2),
    oldest("M10"),
    {"name": "M5"},
]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", *(json.dumps(body).encode() for body in OTHERS)]
)
@pytest.mark.parametrize("version", BODIES)
def test_every_other_creation_is_passed_through(version, body):
    """The body stays the same byte for byte, and so does Atlas's response."""
    driven = write(version, "POST", body, [refuses(400, "X")], "")
    (send,) = driven.sends
    assert driven.passed is True
    assert send.call.body == body
    assert send.call.target == call(version)[0]
    assert send.rewritten is False


@pytest.mark.parametrize("version", BODIES)
def test_an_update_continues_after_the_one_code(version):
    """It may change tags and termination protection. Success and other errors are passed through."""
    body = {
        "tags": TAGS,
        "terminationProtectionEnabled": False,
        "name": "cluster0",
        "id": "x",
    }
    driven = write(version, "PATCH", body, [GONE_TO_FLEX, answers(FLEX_CLUSTER)])
    first, second = driven.sends
    assert json.loads(first.call.body) == body
    assert second.call.method == "PATCH"
    assert second.call.target == f"{FLEX}/cluster0"
    assert json.loads(second.call.body) == {
        "tags": TAGS,
        "terminationProtectionEnabled": False,
    }
    assert without_links(driven.document) == SHOWN[version]
    for given in (
        answers({"name": "d"}),
        refuses(409, "X"),
        refuses(400, "INVALID_ATTRIBUTE"),
    ):
        assert write(version, "PATCH", body, [given]).passed


@pytest.mark.parametrize("version", BODIES)
def test_unsupported_changes_are_refused(version):
    """That happens after Atlas has reported where the cluster is, and before anything is sent to flex."""
    retained = write(
        version, "DELETE", None, [GONE_TO_FLEX], "/cluster0?retainBackups=true"
    )
    changed = write(version, "PATCH", BODIES[version]("M10"), [GONE_TO_FLEX])
    for driven, code in (
        (retained, "INVALID_QUERY_PARAMETER"),
        (changed, "INVALID_ATTRIBUTE"),
    ):
        assert driven.routes == ("legacy",)
        assert driven.reply.status == 400
        assert driven.document["errorCode"] == code


@pytest.mark.parametrize("version", BODIES)
def test_a_deletion_continues_after_the_one_code(version):
    """The response is that of a deleted cluster."""
    driven = write(version, "DELETE", None, [GONE_TO_FLEX, (204, (), b"")])
    assert driven.sends[1].call.method == "DELETE"
    assert driven.targets[1] == f"{FLEX}/cluster0"
    assert driven.reply.status == 202
    assert driven.document == {}
    assert write(version, "DELETE", None, [answers({}, 202)]).passed


@pytest.mark.parametrize("version", ["2023-01-01", "v1.0"])
def test_an_upgrade_to_dedicated_continues_after_the_one_code(version):
    """The body becomes one region with its number of nodes. The upgrade of an M0 survives in Atlas."""
    settings = {"providerName": "AWS", "instanceSizeName": "M10", "regionName": "R1"}
    body = {"name": "cluster0", "providerSettings": settings, "diskSizeGB": 10}
    driven = write(
        version, "POST", body, [GONE_TO_FLEX, answers(FLEX_CLUSTER)], "/tenantUpgrade"
    )
    assert driven.targets[1] == f"{FLEX}:tenantUpgrade"
    specs = {"diskSizeGB": 10, "instanceSize": "M10", "nodeCount": 3}
    region = {
        "electableSpecs": specs,
        "priority": 7,
        "providerName": "AWS",
        "regionName": "R1",
    }
    assert json.loads(driven.sends[1].call.body) == {
        "name": "cluster0",
        "replicationSpecs": [{"regionConfigs": [region]}],
    }
    assert without_links(driven.document) == SHAPES["v1.0"]
    assert write(version, "POST", body, [answers({})], "/tenantUpgrade").passed
    upstream = [GONE_TO_FLEX, answers(FLEX_CLUSTER)]
    driven = write(
        version, "POST", body | {"replicationFactor": 5}, upstream, "/tenantUpgrade"
    )
    assert b'"nodeCount":5' in driven.sends[1].call.body
    for wrong in ("labels", "name"):
        driven = write(
            version, "POST", body | {wrong: []}, [GONE_TO_FLEX], "/tenantUpgrade"
        )
        assert driven.reply.status == 400
        assert driven.routes == ("legacy",)


def test_surviving_operations_are_not_listed_as_ending():
    """They are left out of the lists of documents and operations, unless they are also a successor."""
    off = shared_engine({})
    assert [one.id for one in ENGINE.operations] == [one.id for one in off.operations]
    assert [one.name for one in ENGINE.documents] == [one.name for one in off.documents]
    assert not any("former" in one.successors for one in off.operations)
    assert sum("former" in one.successors for one in ENGINE.operations) == 11
