"""The fake replies as Atlas did in recordings, byte for byte if possible; the rest fits the contract."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from shim.fake import (
    BACKUP_SUNSET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    INSTANCE_SUNSET,
    FakeAtlas,
)
from tests.fake.asking import (
    LEGACY_VERSION,
    ROOT,
    Asker,
    contract,
    filled_atlas,
    recorded,
    shape,
)

GROUP = "0" * 24
HERE = ROOT.replace(ROOT.rpartition("/")[2], GROUP)
LIST_QUERY = "?includeCount=true&itemsPerPage=100&pageNum=1"
"""The parameters that Atlas's command line sends with every list; the recordings have only the path."""


def _names(path: str) -> tuple[str, str]:
    parts = path.split("/")
    return parts[5], parts[7]


def _world(
    *, today: date = date(2026, 12, 1), **options: Any
) -> tuple[FakeAtlas, Asker]:
    fake = filled_atlas(today=today, **options)
    return fake, Asker(fake)


def _at_home(body: str) -> str:
    """Replace the recorded host with the one in the tests."""
    return body.replace("https://cloud-dev.mongodb.com", "http://localhost:8080")


@pytest.mark.parametrize(
    "name",
    [
        "flex-snapshot-list",
        "flex-snapshot-get",
        "dedicated-snapshot-list",
        "dedicated-snapshot-get",
    ],
)
def test_snapshots_are_byte_for_byte(name):
    """Given the recorded snapshots in another order, the fake returns them as recorded, links included."""
    for row in recorded(name, 200):
        fake, ask = _world()
        body = json.loads(row["body"])
        items = [
            {key: each[key] for key in each if key != "links"}
            for each in body.get("results", [body])
        ]
        made = fake.add_cluster(
            *_names(row["path"]), "flex" if name.startswith("flex") else "dedicated"
        )
        made.snapshots = items[::-1]
        query = LIST_QUERY if "results" in body else ""
        assert ask(row["path"] + query).body.decode() == _at_home(row["body"])


@pytest.mark.parametrize(
    "name",
    [
        "flex-snapshot-list",
        "flex-snapshot-get",
        "flex-restore-list",
        "flex-restore-get",
        "flex-cluster-get",
    ],
)
def test_a_refusal_is_byte_for_byte(name):
    """The flex API refuses a dedicated cluster, and an unknown one, with the recorded text."""
    status = 404 if name == "flex-cluster-get" else 400
    for row in recorded(name, status):
        fake, ask = _world()
        group, cluster = _names(row["path"])
        fake.add_cluster(group, cluster if status == 400 else "another", "dedicated")
        reply = ask(row["path"])
        assert reply.status == status
        assert reply.body.decode() == row["body"]
        assert reply.header("Content-Type") == "application/json"
        assert reply.header("X-Error-Code") == json.loads(row["body"])["errorCode"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("flex-cluster-get", "flexClusters"), ("serverless-instance-get", "serverless")],
)
def test_one_cluster_has_the_recorded_shape(name, kind):
    """Flex clusters and serverless instances have the recorded members, in order and type."""
    for row in recorded(name, 200):
        body = json.loads(row["body"])
        if [*body["connectionStrings"]] == ["standard"]:
            continue  # recorded in the second between the two
        fake, ask = _world()
        cluster = fake.add_cluster(GROUP, "one")
        cluster.tags = tuple(body["tags"])
        cluster.state = "IDLE" if body["connectionStrings"] else "CREATING"
        assert shape(ask(f"{HERE}/{kind}/one").json) == shape(body)


@pytest.mark.parametrize(
    ("name", "kind", "downloads"),
    [
        ("flex-restore-get", "flexClusters", [False]),
        ("dedicated-restore-get", "clusters", [False, True]),
    ],
)
def test_restore_jobs_have_the_recorded_shapes(name, kind, downloads):
    """Over time, a restore and a download have every recorded shape and status, and no other."""
    bodies = [json.loads(row["body"]) for row in recorded(name, 200)]
    seen = []
    for download in downloads:
        fake, ask = _world(today=datetime(2026, 3, 1, tzinfo=UTC))
        fake.add_cluster(
            GROUP, "one", "flex" if kind == "flexClusters" else "dedicated"
        )
        job = fake.add_restore_job(GROUP, "one", download=download, ago=timedelta())
        for _ in range(12):
            seen.append(ask(f"{HERE}/{kind}/one/backup/restoreJobs/{job.id}").json)
            fake.today += timedelta(seconds=6)
    ours, theirs = (
        {(repr(shape(each)), each.get("status")) for each in side}
        for side in (seen, bodies)
    )
    assert ours == theirs


def test_flex_restore_lists_are_newest_first_and_linked_as_recorded():
    """A hundred and more jobs have the recorded next link and order."""
    row = recorded("flex-restore-list", 200)[0]
    body = json.loads(row["body"])
    fake, ask = _world()
    fake.add_cluster(*_names(row["path"]))
    for age in range(101, 0, -1):
        fake.add_restore_job(*_names(row["path"]), ago=timedelta(hours=age))
    ours = ask(row["path"] + LIST_QUERY).json
    assert ours["links"] == json.loads(_at_home(json.dumps(body["links"])))
    for page in (ours, body):
        dates = [each["restoreScheduledDate"] for each in page["results"]]
        assert dates == sorted(dates, reverse=True)


BACKUPS = [
    f"{tier}-{what}"
    for tier in ("flex", "dedicated")
    for what in ("snapshot", "restore")
]
READS = [
    f"{what}-{how}"
    for what in (*BACKUPS, "flex-cluster", "serverless-instance")
    for how in ("list", "get")
]


@pytest.mark.parametrize("name", READS)
def test_fields_are_spelled_as_recorded(name):
    """Every recorded field except the Java method's is there under its name; media type and server are the same."""
    for row in recorded(name, 200):
        fake, ask = _world()
        parts = row["path"].split("/")
        group = parts[5]
        kind = parts[6]
        cluster = parts[7] if len(parts) > 7 else "one"
        made = fake.add_cluster(
            group, cluster, "dedicated" if kind == "clusters" else "flex"
        )
        job = fake.add_restore_job(group, cluster)
        if len(parts) > 10:
            parts[10] = job.id if parts[9] == "restoreJobs" else made.snapshots[0]["id"]
        reply = ask("/".join(parts))
        theirs = dict(row["headers"])
        assert reply.status == 200
        assert theirs.keys() - {"X-Java-Method"} <= {
            field for field, _ in reply.headers
        }
        for field in ("Content-Type", "Server", "Strict-Transport-Security"):
            assert reply.header(field) == theirs[field]


@pytest.mark.parametrize("kind", ["flex", "dedicated"])
def test_a_created_restore_has_the_recorded_shape(kind):
    """POST returns 200 with the recorded members."""
    for row in recorded(f"{kind}-restore-create"):
        fake, ask = _world()
        body = json.loads(row["body"])
        group, name = _names(row["path"])
        made = fake.add_cluster(group, name, kind)
        order = {"snapshotId": made.snapshots[0]["id"]}
        if kind == "flex":
            order |= {
                "targetDeploymentItemName": name,
                "targetProjectId": group,
                "instanceName": name,
            }
        else:
            order |= {
                "deliveryType": body["deliveryType"],
                "targetClusterName": name,
                "targetGroupId": group,
            }
        reply = ask(row["path"], "POST", order)
        assert reply.status == row["status"]
        assert reply.header("Content-Type") == dict(row["headers"])["Content-Type"]
        assert shape(reply.json) == shape(body)


def _plain(schema: Any) -> Any:
    """Convert OpenAPI 3.0's nullable into JSON Schema, and leave out patterns that Python's re doesn't support."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _plain(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    if isinstance(made.get("pattern"), str) and r"\p{" in made["pattern"]:
        del made["pattern"]
    return made


SERVERLESS_API = "legacy-serverless-2026-08"
TENANT_API = "legacy-shared-tier-2026-03"
UNRECORDED = [
    (name, template)
    for name in (SERVERLESS_API, TENANT_API)
    for template, methods in contract(name)["paths"].items()
    if "get" in methods and "/backup/" in template
]
"""Replies with recordings are compared with those; of these reads there are none."""


@pytest.mark.parametrize(("name", "template"), UNRECORDED)
def test_unrecorded_reads_fit_the_contract(fake, ask, name, template):
    """Every such read of the demo world is valid by its schema."""
    fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, download=True)
    job = fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER)
    names = {
        "groupId": DEMO_GROUP,
        "clusterName": DEMO_CLUSTER,
        "restoreJobId": job.id,
        "restoreId": job.id,
    }
    names["snapshotId"] = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[0]["id"]
    reply = ask(template.format(**names), accept=LEGACY_VERSION)
    assert reply.status == 200
    content = contract(name)["paths"][template]["get"]["responses"]["200"]["content"]
    whole = {
        **_plain(next(iter(content.values()))["schema"]),
        "components": _plain(contract(name)["components"]),
    }
    jsonschema.Draft202012Validator(whole).validate(reply.json)


@pytest.mark.parametrize(
    "what", ["ServerlessBackupSnapshot", "ServerlessBackupRestoreJob"]
)
def test_the_legacy_shape_has_only_members_of_the_contract(ask, what):
    """There is no recording of these, so the contract is the only source of names."""
    declared = contract(SERVERLESS_API)["components"]["schemas"][what]["properties"]
    if what.endswith("Snapshot"):
        kind = "snapshots"
    else:
        kind = "restoreJobs"
    results = ask(f"serverless/{DEMO_CLUSTER}/backup/{kind}").json["results"]
    assert results
    for each in results:
        assert each.keys() <= declared.keys()
        assert list(each) == sorted(each)


def test_the_sunset_dates_are_those_of_the_contract():
    """The two constants are the x-sunset of the backup reads and of the instance reads."""

    def sunset(template: str) -> date:
        content = contract(SERVERLESS_API)["paths"][template]["get"]["responses"][
            "200"
        ]["content"]
        return date.fromisoformat(content[LEGACY_VERSION]["x-sunset"])

    instances = "/api/atlas/v2/groups/{groupId}/serverless"
    assert (
        sunset(f"{instances}/{{clusterName}}/backup/snapshots") == BACKUP_SUNSET.date()
    )
    assert sunset(instances) == INSTANCE_SUNSET.date()
