"""The fake's bodies fit the OpenAPI documents as far as recorded traffic does."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, INSTANCE_SUNSET

ROOT = f"/api/atlas/v2/groups/{DEMO_GROUP}"


def _plain(schema: Any) -> Any:
    """Turn OpenAPI 3.0's nullable into JSON Schema, and leave out patterns that Python's re cannot read."""
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


def _faults(document: dict[str, Any], template: str, body: Any, method: str = "get") -> set[tuple[str, str]]:
    """Return (place without indexes, broken keyword) of everything in a 200 that its schema forbids."""
    content = document["paths"][template][method]["responses"]["200"]["content"]
    schema = next(iter(content.values()))["schema"]
    whole = {**_plain(schema), "components": _plain(document["components"])}
    errors = jsonschema.Draft202012Validator(whole).iter_errors(body)
    return {
        ("/".join(word for word in error.absolute_path if isinstance(word, str)), str(error.validator))
        for error in errors
    }


LEGACY = "/api/atlas/v2/groups/{groupId}/serverless"
FLEX = "/api/atlas/v2/groups/{groupId}/flexClusters"
DEDICATED = "/api/atlas/v2/groups/{groupId}/clusters"

# Contract, path template, what was recorded of it. Atlas strays from its own contract in places (frequencyType
# ondemand, effectiveInstanceSizeName FLEX, nulls), and recordings win; serverless backups were never recorded.
READS = [
    ("legacy-serverless-2026-08", f"{LEGACY}/{{clusterName}}/backup/snapshots", None),
    ("legacy-serverless-2026-08", f"{LEGACY}/{{clusterName}}/backup/snapshots/{{snapshotId}}", None),
    ("legacy-serverless-2026-08", f"{LEGACY}/{{clusterName}}/backup/restoreJobs", None),
    ("legacy-serverless-2026-08", f"{LEGACY}/{{clusterName}}/backup/restoreJobs/{{restoreJobId}}", None),
    ("legacy-serverless-2026-08", LEGACY, "serverless-instance-list"),
    ("legacy-serverless-2026-08", f"{LEGACY}/{{name}}", "serverless-instance-get"),
    ("flex-2026-08", f"{FLEX}/{{name}}/backup/snapshots", "flex-snapshot-list"),
    ("flex-2026-08", f"{FLEX}/{{name}}/backup/snapshots/{{snapshotId}}", "flex-snapshot-get"),
    ("flex-2026-08", f"{FLEX}/{{name}}/backup/restoreJobs", "flex-restore-list"),
    ("flex-2026-08", f"{FLEX}/{{name}}/backup/restoreJobs/{{restoreJobId}}", "flex-restore-get"),
    ("flex-2026-08", FLEX, "flex-cluster-list"),
    ("flex-2026-08", f"{FLEX}/{{name}}", "flex-cluster-get"),
    ("dedicated-backup-2026-08", f"{DEDICATED}/{{clusterName}}/backup/snapshots", "dedicated-snapshot-list"),
    (
        "dedicated-backup-2026-08",
        f"{DEDICATED}/{{clusterName}}/backup/snapshots/{{snapshotId}}",
        "dedicated-snapshot-get",
    ),
    ("dedicated-backup-2026-08", f"{DEDICATED}/{{clusterName}}/backup/restoreJobs", "dedicated-restore-list"),
    (
        "dedicated-backup-2026-08",
        f"{DEDICATED}/{{clusterName}}/backup/restoreJobs/{{restoreJobId}}",
        "dedicated-restore-get",
    ),
]


@pytest.mark.parametrize("case", READS, ids=[template.removeprefix(LEGACY[:30]) for _, template, _ in READS])
def test_reads_stray_from_the_contract_only_where_atlas_does(fake, ask, contract, recorded, case):
    """Every read of the demo world breaks only those rules of its schema that recorded bodies break too."""
    name, template, recording = case
    cluster = fake.cluster(DEMO_GROUP, DEMO_DEDICATED if name.startswith("dedicated") else DEMO_CLUSTER)
    fake.add_restore_job(DEMO_GROUP, cluster.name, download=True)
    job = fake.add_restore_job(DEMO_GROUP, cluster.name)
    target = template.format(
        groupId=DEMO_GROUP,
        clusterName=cluster.name,
        name=cluster.name,
        snapshotId=cluster.snapshots[0]["id"],
        restoreJobId=job.id,
    )
    reply = ask(fake, target)
    assert reply.status == 200
    document = contract(name)
    theirs: set[tuple[str, str]] = set()
    for row in recorded(recording) if recording else []:
        if row["status"] == 200:
            theirs |= _faults(document, template, json.loads(row["body"]))
    assert _faults(document, template, json.loads(reply.body)) <= theirs


@pytest.mark.parametrize("what", ["ServerlessBackupSnapshot", "ServerlessBackupRestoreJob"])
def test_the_legacy_shape_has_no_member_that_the_contract_does_not_name(fake, ask, contract, what):
    """No recording exists of these, so the contract is the only source of names."""
    declared = contract("legacy-serverless-2026-08")["components"]["schemas"][what]["properties"]
    kind = "snapshots" if what.endswith("Snapshot") else "restoreJobs"
    results = json.loads(ask(fake, f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/{kind}").body)["results"]
    assert results
    for each in results:
        assert each.keys() <= declared.keys()
        assert list(each) == sorted(each)


def test_a_download_fits_its_schema(fake, ask, contract):
    """POST backup/download answers as the contract says, and the finished job has a link."""
    snapshot = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[0]["id"]
    path = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/download"
    reply = ask(fake, path, method="POST", body={"snapshotId": snapshot})
    body = json.loads(reply.body)
    assert reply.status == 200
    assert _faults(contract("flex-2026-08"), f"{FLEX}/{{name}}/backup/download", body, "post") == set()
    assert "snapshotUrl" not in body
    fake.advance(120)
    body = json.loads(ask(fake, f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/restoreJobs/{body['id']}").body)
    assert (body["status"], body["deliveryType"]) == ("COMPLETED", "DOWNLOAD")
    assert body["snapshotUrl"].startswith("https://")


def test_the_sunset_dates_are_those_of_the_contract(contract):
    """The two constants are the x-sunset of the backup reads and of the instance reads."""
    paths = contract("legacy-serverless-2026-08")["paths"]

    def sunset(template: str) -> date:
        content = paths[template]["get"]["responses"]["200"]["content"]
        return date.fromisoformat(content["application/vnd.atlas.2023-01-01+json"]["x-sunset"])

    assert sunset(f"{LEGACY}/{{clusterName}}/backup/snapshots") == BACKUP_SUNSET.date()
    assert sunset(LEGACY) == INSTANCE_SUNSET.date()
