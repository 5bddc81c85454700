"""A gateway serves every recorded exchange of the family with the decided fields.

An upstream plays a recording, the caller asks the legacy endpoint, and ``oracle`` has
the expected reply.
"""

import json
import re
from datetime import datetime

import jsonschema
import pytest

from tests.family import oracle
from tests.family.replay import AFTER, CASES, KINDS, VERSIONS, recordings
from tests.peers.scripted import FLEX_IN_CLUSTER, GONE, NON_FLEX, by_side, ok

PATH = re.compile(
    r"/api/atlas/v2/groups/([^/]+)/(?:flexClusters|clusters)(?:/([^/?]+))?(/backup/[^?]*)?(?:\?.*)?"
)
ORACLES = {
    ("serverless", "flex-snapshot"): oracle.flex_snapshot,
    ("serverless", "flex-restore"): oracle.flex_job,
    ("serverless", "flex-cluster"): oracle.instance,
    ("serverless", "dedicated-snapshot"): oracle.dedicated_snapshot,
    ("serverless", "dedicated-restore"): oracle.dedicated_job,
    ("shared tier", "flex-snapshot"): oracle.tenant_flex_snapshot,
    ("shared tier", "flex-restore"): oracle.tenant_flex_job,
    ("shared tier", "dedicated-snapshot"): oracle.tenant_dedicated_snapshot,
    ("shared tier", "dedicated-restore"): oracle.tenant_dedicated_job,
}
"""The translation by family and source."""

CONTRACT = json.loads(
    (CASES / "contract" / "legacy-serverless-2025-10.json").read_text("utf-8")
)
SCHEMAS = {
    "snapshot": (
        "ServerlessBackupSnapshot",
        "PaginatedApiAtlasServerlessBackupSnapshotView",
    ),
    "restore": (
        "ServerlessBackupRestoreJob",
        "PaginatedApiAtlasServerlessBackupRestoreJobView",
    ),
}
"""Properties of one reply and of a page; the instance's contract lacks the size that Atlas returns."""


def check_contract(kind, document):
    """Validate a reply against the legacy contract."""
    one, page = SCHEMAS.get(kind.partition("-")[2], (None, None))
    schema = page if "results" in document else one
    if schema is not None:
        whole = {
            "$ref": f"#/components/schemas/{schema}",
            "components": CONTRACT["components"],
        }
        jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.FormatChecker()
        ).validate(document)


def kind_of(exchange):
    """Return an exchange's kind, by its path."""
    if "/flexClusters" in exchange.path:
        side = "flex"
    else:
        side = "dedicated"
    if "/backup/snapshots" in exchange.path:
        return f"{side}-snapshot"
    if "/backup/" in exchange.path:
        return f"{side}-restore"
    return f"{side}-cluster"


def is_ours(exchange):
    """Return whether a recording is of a call that replaced a legacy one."""
    match = PATH.fullmatch(exchange.path)
    if match is None or ("serverless", kind_of(exchange)) not in ORACLES:
        return False
    orders = {"/backup/restoreJobs", "/backup/download"}
    return exchange.method == "GET" or (
        exchange.method == "POST" and match[3] in orders
    )


SUCCESSORS = [one for one in recordings() if is_ours(one)]
SUCCESSES = [one for one in SUCCESSORS if one.status < 300]
ERRORS = [one for one in SUCCESSORS if one.status >= 400]
LEGACY = [one for one in recordings("serverless-") if one.method == "GET"]


def parts_of(exchange):
    """Return the group, the cluster, empty for a list of them, and the rest of a recorded path."""
    match = PATH.fullmatch(exchange.path)
    assert match is not None
    return match[1], match[2] or "", match[3] or ""


def is_download(exchange):
    """Return whether a recorded restore job is a download."""
    if exchange.status < 300:
        job = exchange.document
    else:
        job = {}
    return (
        job.get("deliveryType") in {"DOWNLOAD", "download"}
        or "/backup/download" in exchange.path
    )


def serverless_call(exchange, api):
    """Return path and body of the serverless call that a recorded successor's reply answers."""
    group, cluster, rest = parts_of(exchange)
    named = f"/{cluster}" if cluster else ""
    path = f"/api/atlas/{api}/groups/{group}/serverless{named}{rest.replace('/download', '/restoreJobs')}"
    if exchange.method != "POST":
        return path, None
    if exchange.status < 300:
        job = exchange.document
    else:
        job = {}
    return path, {
        "deliveryType": "download" if is_download(exchange) else "automated",
        "snapshotId": job.get("snapshotId", "0" * 24),
        "targetClusterName": job.get("targetDeploymentItemName")
        or job.get("targetClusterName")
        or "target",
        "targetGroupId": job.get("targetProjectId")
        or job.get("targetGroupId")
        or "0" * 24,
    }


def tenant_call(exchange, api):
    """Return path and body of the shared-tier call that a recorded successor's reply answers."""
    group, cluster, rest = parts_of(exchange)
    rest = rest.removeprefix("/backup").replace("/restoreJobs", "/restores")
    body = None
    if exchange.method == "POST":
        if is_download(exchange):
            rest = "/download"
        else:
            rest = "/restore"
        body = {
            "snapshotId": exchange.document["snapshotId"],
            "targetDeploymentItemName": "target",
        }
    return (
        f"/api/atlas/{api}/groups/{group}/clusters/{cluster}/backup/tenant{rest}",
        body,
    )


CALLS = {"serverless": serverless_call, "shared tier": tenant_call}


def played(exchange):
    """Reply as the recorded side did, and on the other sides as Atlas does for such a cluster.

    A page that was not recorded is empty.
    """
    if "/flexClusters" in exchange.path:
        own = "flex"
    else:
        own = "dedicated"
    other = {"flex": {"dedicated": FLEX_IN_CLUSTER}, "dedicated": {"flex": NON_FLEX}}[
        own
    ]
    answer = by_side(legacy=GONE, **{own: exchange.raw}, **other)
    beyond = re.compile(r"[?&]pageNum=(?!1(?:&|$))")
    return lambda arrival: (
        ok({"results": []}) if beyond.search(arrival.target) else answer(arrival)
    )


def served(atlas, client, exchange, api, family="serverless"):
    """Play one recording, make the legacy call, and return its reply with the inputs of the expected one."""
    atlas.answer, atlas.arrivals[:] = played(exchange), []
    path, content = CALLS[family](exchange, api)
    reply = client.request(
        exchange.method, path, json=content, headers={"Accept": "*/*"}
    )
    group, cluster, _ = parts_of(exchange)
    base = str(client.base_url).rstrip("/")
    return reply, oracle.Where(
        base=base, api=api, group=group, cluster=cluster, now=AFTER
    )


def in_legacy_order(items):
    """Sort snapshots as the legacy endpoint did: newest first, those without a time before, then by id."""
    by_id = sorted(items, key=lambda item: item.get("id", ""), reverse=True)

    def when(item):
        if "createdAt" in item:
            return datetime.fromisoformat(item["createdAt"]).timestamp()
        return float("inf")

    return sorted(by_id, key=when, reverse=True)


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize(("family", "kind"), ORACLES)
def test_a_recorded_success_has_the_decided_fields(atlas, clients, family, kind, api):
    """Each value is the oracle's for the recording; status, content type and schema are the legacy ones."""
    make_one = ORACLES[family, kind]
    for exchange in (one for one in SUCCESSES if kind_of(one) == kind):
        reply, where = served(atlas, clients["auto"], exchange, api, family)
        is_made = family == "serverless" and exchange.method == "POST" and api == "v1.0"
        assert (reply.status_code, reply.headers["Content-Type"]) == (
            201 if is_made else 200,
            KINDS[api],
        ), exchange
        if family == "serverless":
            check_contract(kind, reply.json())
        sources = exchange.document.get("results")
        if sources is None:
            assert reply.json() == make_one(exchange.document, where), exchange
        else:
            keeps = family != "serverless" or "/backup/snapshots" not in exchange.path
            check_page(
                reply,
                exchange,
                [make_one(source, where) for source in sources],
                keeps=keeps,
            )


def check_page(reply, exchange, expected, *, keeps):
    """Compare a page: its items in the legacy or upstream's order, the count, and links to the gateway."""
    document = reply.json()
    if keeps:
        total = exchange.document.get("totalCount")
    else:
        total = len(expected)
    assert list(document) == [
        "links",
        "results",
        *(["totalCount"] if total is not None else []),
    ]
    assert document["results"] == (expected if keeps else in_legacy_order(expected))
    assert document.get("totalCount") == total
    rels = [link["rel"] for link in document["links"]]
    more = any(link["rel"] == "next" for link in exchange.document.get("links", []))
    assert rels == ["self", *(["next"] if keeps and more else [])]
    for link in document["links"]:
        assert link["href"].startswith(f"{reply.url.copy_with(query=None)}?")


@pytest.mark.parametrize("api", VERSIONS)
def test_a_recorded_error_is_unchanged_byte_for_byte(atlas, clients, api):
    """Status, body and Atlas's own fields reach the caller as recorded.

    The exception is the code for a missing instance, for which the legacy interface had
    its own.
    """
    for exchange in ERRORS:
        if kind_of(exchange) == "flex-cluster":
            words = ("CLUSTER_NOT_FOUND", "SERVERLESS_INSTANCE_NOT_FOUND")
        else:
            words = ("", "")
        reply, _ = served(
            atlas,
            clients["flex" if "/flexClusters" in exchange.path else "auto"],
            exchange,
            api,
        )
        assert (reply.status_code, reply.text) == (
            exchange.status,
            exchange.body.replace(*words),
        ), exchange
        for name, value in exchange.headers:
            assert reply.headers[name] == value.replace(*words), exchange


def members(document, path=""):
    """Return the nested names of an object's members."""
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield from members(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_instances_have_the_members_of_recorded_reads(atlas, clients):
    """Only nextBackupDate is missing. The constants are those that all recorded serverless reads have."""
    reads = [
        item
        for exchange in LEGACY
        for item in exchange.document.get("results", [exchange.document])
    ]
    ready = [set(members(item)) for item in reads if item["connectionStrings"]]
    assert ready
    assert all(names == ready[0] for names in ready)
    constant = ("effectiveInstanceSizeName", "effectiveProviderName", "providerName")
    assert [
        len({item["providerSettings"][name] for item in reads}) for name in constant
    ] == [1, 1, 1]
    for exchange in [one for one in SUCCESSES if kind_of(one) == "flex-cluster"]:
        reply, _ = served(atlas, clients["flex"], exchange, "v2")
        for made in reply.json().get("results", [reply.json()]):
            wanted = ready[0] - {"providerSettings.nextBackupDate"}
            if not made["connectionStrings"]:
                wanted = wanted - {"connectionStrings.standardSrv"} | {
                    "connectionStrings"
                }
            assert set(members(made)) == wanted
            for name in constant:
                assert (
                    made["providerSettings"][name] == reads[0]["providerSettings"][name]
                )
            assert (
                made["serverlessBackupOptions"] == reads[0]["serverlessBackupOptions"]
            )
            assert type(made["providerSettings"]["effectiveDiskSizeGBLimit"]) is int
            assert [link["rel"] for link in made["links"]] == [
                link["rel"] for link in reads[0]["links"]
            ]


def test_there_are_recordings_of_every_kind():
    """A missing file must not leave a part of the family untested."""
    assert {kind_of(one) for one in SUCCESSES} == {kind for _, kind in ORACLES}
    assert LEGACY
    assert ERRORS
