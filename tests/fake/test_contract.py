"""The fake's bodies fit the OpenAPI documents where no traffic was recorded."""

from datetime import date
from typing import Any

import jsonschema
import pytest

from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_GROUP, INSTANCE_SUNSET
from tests.fake.asking import LEGACY_VERSION, contract


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


V2 = "/api/atlas/v2/groups/{groupId}"
LEGACY, CLUSTERS = f"{V2}/serverless", f"{V2}/clusters"
SERVERLESS_API, TENANT_API = "legacy-serverless-2026-08", "legacy-shared-tier-2026-03"

# What has recordings is held against those; of these reads there are none.
READS = [
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/snapshots"),
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/snapshots/{{snapshotId}}"),
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/restoreJobs"),
    (SERVERLESS_API, f"{LEGACY}/{{clusterName}}/backup/restoreJobs/{{restoreJobId}}"),
    (TENANT_API, f"{CLUSTERS}/{{clusterName}}/backup/tenant/snapshots"),
    (TENANT_API, f"{CLUSTERS}/{{clusterName}}/backup/tenant/snapshots/{{snapshotId}}"),
    (TENANT_API, f"{CLUSTERS}/{{clusterName}}/backup/tenant/restores"),
    (TENANT_API, f"{CLUSTERS}/{{clusterName}}/backup/tenant/restores/{{restoreId}}"),
]


@pytest.mark.parametrize(("name", "template"), READS, ids=[template.removeprefix(V2) for _, template in READS])
def test_reads_that_were_never_recorded_fit_the_contract(fake, ask, name, template):
    """Every such read of the demo world keeps the rules of its schema."""
    fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER, download=True)
    job = fake.add_restore_job(DEMO_GROUP, DEMO_CLUSTER)
    names = {"groupId": DEMO_GROUP, "clusterName": DEMO_CLUSTER, "restoreJobId": job.id, "restoreId": job.id}
    names["snapshotId"] = fake.cluster(DEMO_GROUP, DEMO_CLUSTER).snapshots[0]["id"]
    reply = ask(template.format(**names), accept=LEGACY_VERSION)
    assert reply.status == 200
    content = contract(name)["paths"][template]["get"]["responses"]["200"]["content"]
    whole = {**_plain(next(iter(content.values()))["schema"]), "components": _plain(contract(name)["components"])}
    jsonschema.Draft202012Validator(whole).validate(reply.json)


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
