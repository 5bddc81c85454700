"""A client that openapi-python-client generates from the legacy contract parses the gateway's replies.

One property is removed from the contract first: ``effectiveInstanceSizeName`` is one of
three enumerations of cluster sizes, and none of them has Atlas's own value (recorded:
FLEX), so the generated code refuses Atlas's replies. Nothing else is changed.
"""

import importlib
import json
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN
from shim.fake.server import FakeServer
from tests.fake.asking import LenientAtlas
from tests.family.replay import AFTER, BEFORE, LATE
from tests.peers.served import gateway

CASES = Path(__file__).parents[1] / "cases"
PACKAGE = "generated_legacy_client"


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """Generate the client offline; return a function from module name to module."""
    contract = json.loads(
        (CASES / "contract" / "legacy-serverless-2025-10.json").read_text("utf-8")
    )
    del contract["components"]["schemas"]["ServerlessProviderSettings"]["properties"][
        "effectiveInstanceSizeName"
    ]
    (tmp_path / "contract.json").write_text(json.dumps(contract))
    (tmp_path / "config.yml").write_text(
        f"package_name_override: {PACKAGE}\npost_hooks: []\n"
    )
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
    ]
    command += [
        "--path",
        "contract.json",
        "--config",
        "config.yml",
        "--output-path",
        PACKAGE,
        "--fail-on-warning",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name: importlib.import_module(f"{PACKAGE}.{name}")


BACKUPS = "api.cloud_backups"
INSTANCES = "api.serverless_instances"
JOBS = "group_serverless_backup_restore_job"
SNAPSHOTS = "group_serverless_backup_snapshot"


def operations(generated):
    """Return the generated functions by method and the end of the path."""
    modules = {
        "list snapshots": f"{BACKUPS}.list_{SNAPSHOTS}s",
        "get snapshot": f"{BACKUPS}.get_{SNAPSHOTS}",
        "list jobs": f"{BACKUPS}.list_{JOBS}s",
        "get job": f"{BACKUPS}.get_{JOBS}",
        "create job": f"{BACKUPS}.create_{JOBS}",
        "list instances": f"{INSTANCES}.list_group_serverless_instances",
        "get instance": f"{INSTANCES}.get_group_serverless_instance",
    }
    return {name: generated(module).sync_detailed for name, module in modules.items()}


TIMES = [
    (BEFORE, DEMO_CLUSTER),
    *product((AFTER, LATE), (DEMO_CLUSTER, DEMO_DEDICATED)),
]
"""Before the sunset the legacy endpoint answers, which knows no dedicated cluster."""


def test_the_generated_client_works_on_both_sides_of_the_sunsets(generated):
    """Lists, gets and creates of snapshots, restore jobs and instances are parsed before and after each date."""
    made = operations(generated)
    models = generated("models")
    options = {"httpx_args": {"trust_env": False}}
    opened = partial(
        generated("client").AuthenticatedClient,
        raise_on_unexpected_status=True,
        **options,
    )
    for today, cluster in TIMES:
        with (
            FakeServer(LenientAtlas(today=today)) as server,
            gateway(server.url, now=today) as served,
            opened(base_url=served.url, token=DEMO_TOKEN) as client,
        ):
            calls_are_parsed(made, models, client, cluster)


def calls_are_parsed(made, models, client, cluster):
    """Make each call, and check that the parsed result is the requested resource."""
    snapshots = made["list snapshots"](DEMO_GROUP, cluster, client=client).parsed
    assert snapshots.total_count == len(snapshots.results) > 0
    first = snapshots.results[-1]
    assert (
        made["get snapshot"](DEMO_GROUP, cluster, first.id, client=client).parsed.id
        == first.id
    )
    for delivery in ("automated", "download"):
        word = models.ServerlessBackupRestoreJobDeliveryType(delivery)
        body = models.ServerlessBackupRestoreJob(
            word, cluster, DEMO_GROUP, snapshot_id=first.id
        )
        job = made["create job"](DEMO_GROUP, cluster, client=client, body=body).parsed
        assert job.delivery_type == body.delivery_type
        assert job.target_cluster_name == cluster
        assert (
            made["get job"](DEMO_GROUP, cluster, job.id, client=client).parsed.id
            == job.id
        )
    jobs = made["list jobs"](DEMO_GROUP, cluster, client=client).parsed
    assert {job.id for job in jobs.results} >= {job.id}
    instances = made["list instances"](DEMO_GROUP, client=client).parsed
    assert [instance.name for instance in instances.results] == [DEMO_CLUSTER]
    instance = made["get instance"](DEMO_GROUP, DEMO_CLUSTER, client=client).parsed
    assert (
        instance.provider_settings.additional_properties["effectiveInstanceSizeName"]
        == "FLEX"
    )
