"""The fake answers what Atlas was recorded answering, byte for byte where it can be set up alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shim.fake import FakeAtlas

GROUP = "0" * 24
ROOT = f"/api/atlas/v2/groups/{GROUP}"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
LIST_QUERY = "?includeCount=true&itemsPerPage=100&pageNum=1"
"""What Atlas' command line sends with every list; the recordings keep the path alone."""


def _names(path: str) -> tuple[str, str]:
    parts = path.split("/")
    return parts[5], parts[7]


def _world() -> FakeAtlas:
    return FakeAtlas(demo=False, blank=None)


def _at_home(body: str) -> str:
    """Put the host that the tests ask in place of the recorded one."""
    return body.replace("https://cloud-dev.mongodb.com", "http://localhost:8080")


def _shape(value: Any) -> Any:
    """Return the member names of a JSON value, in order and depth; a list shows its first item."""
    if isinstance(value, dict):
        return [(name, _shape(each)) for name, each in value.items()]
    if isinstance(value, list):
        return [_shape(each) for each in value[:1]]
    return type(value).__name__


def test_flex_snapshot_lists_are_byte_for_byte(ask, recorded):
    """Given the recorded snapshots in another order, the list comes out as recorded."""
    rows = [row for row in recorded("flex-snapshot-list") if row["status"] == 200]
    assert len(rows) >= 10
    for row in rows:
        fake = _world()
        group, name = _names(row["path"])
        fake.add_flex_cluster(group, name, list(reversed(json.loads(row["body"])["results"])))
        assert ask(fake, row["path"] + LIST_QUERY).body.decode() == _at_home(row["body"])


def test_flex_snapshots_are_byte_for_byte(ask, recorded):
    """One recorded snapshot comes out as recorded."""
    for row in recorded("flex-snapshot-get"):
        if row["status"] == 200:
            fake = _world()
            fake.add_flex_cluster(*_names(row["path"]), [json.loads(row["body"])])
            assert ask(fake, row["path"]).body.decode() == row["body"]


@pytest.mark.parametrize("name", ["dedicated-snapshot-list", "dedicated-snapshot-get"])
def test_dedicated_snapshots_are_byte_for_byte(ask, recorded, name):
    """Recorded dedicated snapshots come out as recorded, links included."""
    for row in recorded(name):
        fake = _world()
        body = json.loads(row["body"])
        documents = [{key: each[key] for key in each if key != "links"} for each in body.get("results", [body])]
        fake.add_dedicated_cluster(*_names(row["path"]), documents)
        query = LIST_QUERY if "results" in body else ""
        assert ask(fake, row["path"] + query).body.decode() == _at_home(row["body"])


@pytest.mark.parametrize("name", ["flex-snapshot-list", "flex-snapshot-get", "flex-restore-list", "flex-restore-get"])
def test_the_refusal_of_a_dedicated_name_is_byte_for_byte(ask, recorded, name):
    """The flex API refuses a dedicated cluster in the recorded words."""
    rows = [row for row in recorded(name) if row["status"] == 400]
    assert rows
    for row in rows:
        fake = _world()
        fake.add_dedicated_cluster(*_names(row["path"]))
        reply = ask(fake, row["path"])
        assert (reply.status, reply.body.decode()) == (400, row["body"])
        assert reply.header("Content-Type") == "application/json"
        assert reply.header("X-Error-Code") == json.loads(row["body"])["errorCode"]


def test_an_unknown_cluster_is_refused_byte_for_byte(ask, recorded):
    """The flex API refuses an unknown name in the recorded words."""
    rows = [row for row in recorded("flex-cluster-get") if row["status"] == 404]
    assert rows
    for row in rows:
        fake = _world()
        fake.add_group(_names(row["path"])[0])
        reply = ask(fake, row["path"])
        assert (reply.status, reply.body.decode()) == (404, row["body"])


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("flex-cluster-get", "/flexClusters/one"),
        ("serverless-instance-get", "/serverless/one"),
    ],
)
def test_one_cluster_has_the_recorded_shape(ask, recorded, name, suffix):
    """Flex clusters and serverless instances have the recorded members, in order and type."""
    for row in recorded(name):
        if row["status"] == 200:
            body = json.loads(row["body"])
            fake = _world()
            cluster = fake.add_flex_cluster(GROUP, "one", tags=body["tags"])
            cluster.strings = tuple(body["connectionStrings"])
            ours = json.loads(ask(fake, f"{ROOT}{suffix}").body)
            assert _shape(ours) == _shape(body)


@pytest.mark.parametrize(
    ("name", "path", "cluster"),
    [
        ("flex-restore-get", "flexClusters", "flex"),
        ("dedicated-restore-get", "clusters", "dedicated"),
    ],
)
def test_restore_jobs_have_the_recorded_shapes(ask, recorded, name, path, cluster):
    """As time goes by, a restore and a download take on every recorded shape and no other."""
    wanted = [_shape(json.loads(row["body"])) for row in recorded(name) if row["status"] == 200]
    seen = []
    for download in (False, True) if cluster == "dedicated" else (False,):
        fake = FakeAtlas(demo=False, today=NOW)
        add = fake.add_flex_cluster if cluster == "flex" else fake.add_dedicated_cluster
        add(GROUP, "one")
        job = fake.add_restore_job(GROUP, "one", download=download, ago=timedelta())
        for _ in range(12):
            target = f"{ROOT}/{path}/one/backup/restoreJobs/{job.id}"
            seen.append(_shape(json.loads(ask(fake, target).body)))
            fake.advance(6)
    assert {repr(each) for each in seen} == {repr(each) for each in wanted}


def test_flex_restore_lists_are_newest_first_and_linked_as_recorded(ask, recorded):
    """A hundred and more jobs have a next link spelled as recorded, in the recorded order."""
    row = next(row for row in recorded("flex-restore-list") if row["status"] == 200)
    body = json.loads(row["body"])
    group, name = _names(row["path"])
    fake = FakeAtlas(demo=False, today=NOW)
    fake.add_flex_cluster(group, name)
    for age in range(101, 0, -1):
        fake.add_restore_job(group, name, ago=timedelta(hours=age))
    ours = json.loads(ask(fake, row["path"] + LIST_QUERY).body)
    assert ours["links"] == json.loads(_at_home(json.dumps(body["links"])))
    for page in (ours, body):
        dates = [each["restoreScheduledDate"] for each in page["results"]]
        assert dates == sorted(dates, reverse=True)


def test_the_status_words_of_a_flex_restore_were_recorded(ask, recorded):
    """PENDING, QUEUED, RUNNING and COMPLETED follow each other, and Atlas was recorded with all four."""
    fake = FakeAtlas(demo=False, today=NOW)
    fake.add_flex_cluster(GROUP, "one")
    job = fake.add_restore_job(GROUP, "one", ago=timedelta())
    words: list[str] = []
    for _ in range(14):
        target = f"{ROOT}/flexClusters/one/backup/restoreJobs/{job.id}"
        words.append(json.loads(ask(fake, target).body)["status"])
        fake.advance(5)
    assert list(dict.fromkeys(words)) == ["PENDING", "QUEUED", "RUNNING", "COMPLETED"]
    said = {json.loads(row["body"]).get("status") for row in recorded("flex-restore-get") if row["status"] == 200}
    assert said == set(words)


def test_made_up_snapshots_keep_the_recorded_rules(ask, recorded):
    """A list has eight, a day apart, which expire after eight days and whose ids start with their second."""
    fake = _world()
    fake.add_flex_cluster(GROUP, "one")
    ours = json.loads(ask(fake, f"{ROOT}/flexClusters/one/backup/snapshots").body)
    theirs = [json.loads(row["body"]) for row in recorded("flex-snapshot-list") if row["status"] == 200]
    for page in (ours, *theirs):
        assert [len(each) for each in page["results"]] == [7] * page["totalCount"]
        for each in page["results"]:
            scheduled = datetime.fromisoformat(each["scheduledTime"])
            assert datetime.fromisoformat(each["expiration"]) - scheduled == timedelta(days=8)
            assert each["scheduledTime"] < each["startTime"] < each["finishTime"]
            assert abs(int(each["id"][:8], 16) - scheduled.timestamp()) < 86400
    assert ours["totalCount"] == 8


@pytest.mark.parametrize(
    "name",
    [
        "flex-snapshot-list",
        "flex-snapshot-get",
        "flex-restore-list",
        "flex-restore-get",
        "flex-cluster-list",
        "flex-cluster-get",
        "dedicated-snapshot-list",
        "dedicated-snapshot-get",
        "dedicated-restore-list",
        "dedicated-restore-get",
        "serverless-instance-list",
        "serverless-instance-get",
    ],
)
def test_fields_are_spelled_as_recorded(ask, recorded, name):
    """Every recorded field is there under its name; media type, server and Java method are the same."""
    for row in recorded(name):
        if row["status"] != 200:
            continue
        fake = _world()
        parts = row["path"].split("/")
        group, kind = parts[5], parts[6]
        cluster = parts[7] if len(parts) > 7 else "one"
        add = fake.add_dedicated_cluster if kind == "clusters" else fake.add_flex_cluster
        made = add(group, cluster)
        job = fake.add_restore_job(group, cluster)
        if len(parts) > 10:
            parts[10] = job.id if parts[9] == "restoreJobs" else made.snapshots[0]["id"]
        reply = ask(fake, "/".join(parts))
        assert reply.status == 200
        theirs = dict(row["headers"])
        assert theirs.keys() <= {field for field, _ in reply.headers}
        for field in ("Content-Type", "Server", "Strict-Transport-Security", "X-Java-Method"):
            assert reply.header(field) == theirs[field]


@pytest.mark.parametrize(("name", "kind"), [("flex-restore-create", "flex"), ("dedicated-restore-create", "dedicated")])
def test_a_created_restore_has_the_recorded_shape(ask, recorded, name, kind):
    """POST answers 200 with the recorded members."""
    for row in recorded(name):
        fake = _world()
        body = json.loads(row["body"])
        group, cluster = _names(row["path"])
        made = (fake.add_flex_cluster if kind == "flex" else fake.add_dedicated_cluster)(group, cluster)
        order = {"snapshotId": made.snapshots[0]["id"]}
        if kind == "flex":
            order |= {"targetDeploymentItemName": cluster, "targetProjectId": group, "instanceName": cluster}
        else:
            order["deliveryType"] = body["deliveryType"]
            if body["deliveryType"] == "automated":
                order |= {"targetClusterName": cluster, "targetGroupId": group}
        reply = ask(fake, row["path"], method="POST", body=order)
        assert reply.status == row["status"]
        assert reply.header("Content-Type") == dict(row["headers"])["Content-Type"]
        assert _shape(json.loads(reply.body)) == _shape(body)
