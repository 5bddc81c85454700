"""The fake's refusals have Atlas's text and codes: the rows of ``refusals.txt``."""

import json
from pathlib import Path

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP

READS, *WRITES = (
    (Path(__file__).parent / "refusals.txt").read_text("utf-8").split("\n== ")[1:]
)
NONE = "f" * 24
ORDERS = f"flexClusters/{DEMO_CLUSTER}/backup/restoreJobs"
DOWNLOAD = f"flexClusters/{DEMO_CLUSTER}/backup/download"


def contents(fake, ask):
    clusters = [
        fake.cluster(DEMO_GROUP, name) for name in (DEMO_CLUSTER, DEMO_DEDICATED)
    ]
    return [(each.state, each.tags, len(each.jobs)) for each in clusters], ask(
        "flexClusters"
    ).body


def test_a_read_is_refused(ask):
    """Each API has its own code for clusters of other kinds, and the error has the name of a missing one."""
    for target, code in (
        row.split(maxsplit=1)
        for row in READS.replace("{none}", NONE).strip().splitlines()[1:]
    ):
        assert ask(target).code == code, target


@pytest.mark.parametrize("section", WRITES, ids=lambda text: text.partition("\n")[0])
def test_a_write_is_refused_and_changes_nothing(fake, ask, section):
    """A member that is missing, mistyped, unknown, in use, or of another API has its own code.

    Neither a name nor a provider can change.
    """
    snapshot = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]
    for word, known in {
        "{snapshot}": snapshot,
        "{group}": DEMO_GROUP,
        "{none}": NONE,
    }.items():
        section = section.replace(word, known)
    call, sound, *rows = section.strip().splitlines()
    method, *targets = call.split()
    before = contents(fake, ask)
    for change, status, code in (row.rsplit(maxsplit=2) for row in rows):
        for target in targets:
            reply = ask(target, method, json.loads(sound) | json.loads(change))
            assert reply.code == f"{status} {code}", (target, change)
    assert contents(fake, ask) == before


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"snapshotId":', b"\xff", b"[" * 100_000]
)
@pytest.mark.parametrize(
    "target", [ORDERS, f"flexClusters/{DEMO_CLUSTER}", f"serverless/{DEMO_CLUSTER}"]
)
def test_a_body_other_than_an_object_is_malformed(ask, target, body):
    """That holds for an order and for an update."""
    assert (
        ask(target, "POST" if target == ORDERS else "PATCH", body).code
        == "400 MALFORMED_JSON"
    )


@pytest.mark.parametrize(
    "media",
    [
        "application/vnd.atlas.2023-01-01+json",
        "application/x-www-form-urlencoded",
        None,
    ],
)
def test_an_order_is_json_of_an_existing_version(fake, ask, media):
    """A flex order may not have the vendor type of the legacy version."""
    order = {"snapshotId": fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[-1]["id"]}
    assert ask(DOWNLOAD, "POST", order, media=media).status == 415
    assert (
        ask(
            DOWNLOAD,
            "POST",
            order,
            media="application/vnd.atlas.2025-03-12+json;charset=utf-8",
        ).status
        == 200
    )


@pytest.mark.parametrize("target", ["flexClusters", ORDERS])
def test_a_wrong_method_gets_the_allowed_ones(ask, target):
    """As recorded, 405 has the field Allow and no content; so does OPTIONS, which it lists."""
    for method, status in (("DELETE", 405), ("OPTIONS", 200)):
        reply = ask(target, method)
        assert reply.status == status
        assert reply.body == b""
        assert reply.header("Allow") == "POST,GET,OPTIONS"


def test_outside_the_api_there_is_nothing(fake):
    """Other paths return 404 without a challenge."""
    assert (
        fake.handle("GET", "/").status
        == fake.handle("GET", "/api/atlas/v3/groups").status
        == 404
    )
