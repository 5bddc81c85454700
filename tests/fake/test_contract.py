"""The fake's bodies fit the OpenAPI documents as far as recorded traffic does."""

import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, INSTANCE_SUNSET
from tests.fake.asking import FLEX_VERSION, LEGACY_VERSION, contract, recorded


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


def _faults(name: str, schema: Any, body: Any) -> set[tuple[str, str]]:
    """Return (place without indexes, broken keyword) of everything in a body that a schema of a contract forbids."""
    whole = {**_plain(schema), "components": _plain(contract(name)["components"])}
    errors = jsonschema.Draft202012Validator(whole).iter_errors(body)
    return {
        ("/".join(word for word in error.absolute_path if isinstance(word, str)), str(error.validator))
        for error in errors
    }


def _schema(name: str, template: str) -> Any:
    content = contract(name)["paths"][template]["get"]["responses"]["200"]["content"]
    return next(iter(content.values()))["schema"]


V2 = "/api/atlas/v2/groups/{groupId}"
LEGACY, FLEX, DEDICATED = f"{V2}/serverless", f"{V2}/flexClusters", f"{V2}/clusters"
SERVERLESS_API, FLEX_API, DISK_API = "legacy-serverless-2026-08", "flex-2026-08", "dedicated-backup-2026-08"
TENANT_API = "legacy-shared-tier-2026-03"

# Contract, path template, what was recorded of it. Atlas strays from its own contract in places (frequencyType
# ondemand, effectiveInstanceSizeName FLEX, nulls), and recordings win; serverless backups were never recorded.
READS = [
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/snapshots", None),
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/snapshots/{{snapshotId}}", None),
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/restoreJobs", None),
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/restoreJobs/{{restoreJobId}}", None),
    (SERVERLESS_API, LEGACY, "serverless-instance-list"),
    (SERVERLESS_API, f"{LEGACY}/{{name}}", "serverless-instance-get"),
    (TENANT_API, f"{DEDICATED}/{{clusterName}}/backup/tenant/snapshots", None),
    (TENANT_API, f"{DEDICATED}/{{clusterName}}/backup/tenant/snapshots/{{snapshotId}}", None),
    (TENANT_API, f"{DEDICATED}/{{clusterName}}/backup/tenant/restores", None),
    (TENANT_API, f"{DEDICATED}/{{clusterName}}/backup/tenant/restores/{{restoreId}}", None),
    (FLEX_API, f"{FLEX}/{{name}}/backup/snapshots", "flex-snapshot-list"),
    (FLEX_API, f"{FLEX}/{{name}}/backup/snapshots/{{snapshotId}}", "flex-snapshot-get"),
    (FLEX_API, f"{FLEX}/{{name}}/backup/restoreJobs", "flex-restore-list"),
    (FLEX_API, f"{FLEX}/{{name}}/backup/restoreJobs/{{restoreJobId}}", "flex-restore-get"),
    (FLEX_API, FLEX, "flex-cluster-list"),
    (FLEX_API, f"{FLEX}/{{name}}", "flex-cluster-get"),
    (DISK_API, f"{DEDICATED}/{{clusterName}}/backup/snapshots", "dedicated-snapshot-list"),
    (DISK_API, f"{DEDICATED}/{{clusterName}}/backup/snapshots/{{snapshotId}}", "dedicated-snapshot-get"),
    (DISK_API, f"{DEDICATED}/{{clusterName}}/backup/restoreJobs", "dedicated-restore-list"),
    (DISK_API, f"{DEDICATED}/{{clusterName}}/backup/restoreJobs/{{restoreJobId}}", "dedicated-restore-get"),
]


@pytest.mark.parametrize("case", READS, ids=[template.removeprefix(V2) for _, template, _ in READS])
def test_reads_stray_from_the_contract_only_where_atlas_does(fake, ask, case):
    """Every read of the demo world breaks only those rules of its schema that recorded bodies break too."""
    name, template, recording = case
    cluster = fake.cluster(DEMO_GROUP, DEMO_DEDICATED if name == DISK_API else DEMO_CLUSTER)
    fake.add_restore_job(DEMO_GROUP, cluster.name, download=True)
    job = fake.add_restore_job(DEMO_GROUP, cluster.name)
    names = {"groupId": DEMO_GROUP, "snapshotId": cluster.snapshots[0]["id"]}
    names |= dict.fromkeys(("clusterName", "name"), cluster.name) | dict.fromkeys(("restoreJobId", "restoreId"), job.id)
    reply = ask(template.format(**names), accept=LEGACY_VERSION if name == TENANT_API else FLEX_VERSION)
    assert reply.status == 200
    schema = _schema(name, template)
    theirs: set[tuple[str, str]] = set()
    for row in recorded(recording, 200) if recording else []:
        theirs |= _faults(name, schema, json.loads(row["body"]))
    assert _faults(name, schema, reply.json) <= theirs


@pytest.mark.parametrize("what", ["ServerlessBackupSnapshot", "ServerlessBackupRestoreJob"])
def test_the_legacy_shape_has_no_member_that_the_contract_does_not_name(ask, what):
    """No recording exists of these, so the contract is the only source of names."""
    declared = contract(SERVERLESS_API)["components"]["schemas"][what]["properties"]
    kind = "snapshots" if what.endswith("Snapshot") else "restoreJobs"
    results = ask(f"serverless/{DEMO_CLUSTER}/backup/{kind}").json["results"]
    assert results
    for each in results:
        assert each.keys() <= declared.keys()
        assert list(each) == sorted(each)


def test_the_sunset_dates_are_those_of_the_contract():
    """The two constants are the x-sunset of the backup reads and of the instance reads."""

    def sunset(template: str) -> date:
        content = contract(SERVERLESS_API)["paths"][template]["get"]["responses"]["200"]["content"]
        return date.fromisoformat(content[LEGACY_VERSION]["x-sunset"])

    assert sunset(f"{LEGACY}/{{clusterName}}/backup/snapshots") == BACKUP_SUNSET.date()
    assert sunset(LEGACY) == INSTANCE_SUNSET.date()
