"""Calls of client libraries to the shared tier's backups and to writes of instances are found by their names.

The names were looked up in atlas-sdk-go (v20241113005, v20250312), in wtrocki's ``atlas`` package, in pyatlassdk, and
in what openapi-python-client makes of an operationId.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import Settings
from shim.scan import scan

CONTRACTS = Path(__file__).parents[1] / "cases" / "contract"
ENGINE = load_engine({})
AT = datetime(2026, 6, 1, tzinfo=UTC)


def found(tmp_path, program):
    """Return line and operation of each finding in a program."""
    path = tmp_path / "program.py"
    path.write_text(dedent(program), encoding="utf-8")
    return [(one.place.line, one.operation.id) for one in scan([tmp_path], ENGINE, Settings(), AT).findings]


def contract_operations():
    """Yield each operation of the contracts of March 2026, with its method and path."""
    for name in ("legacy-shared-tier-2026-03.json", "legacy-serverless-writes-2026-03.json"):
        for path, methods in json.loads((CONTRACTS / name).read_text("utf-8"))["paths"].items():
            for method, operation in methods.items():
                yield pytest.param(method.upper(), path, operation, id=operation["operationId"])


def snake_case(name):
    """Write an operationId as generators for Python do."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize(("method", "path", "operation"), [*contract_operations()])
def test_both_names_of_the_contract_are_words(method, path, operation):
    """Old generators name methods by the operationId, new SDKs by its override, in Go's spelling and in Python's."""
    target = re.sub(r"\{\w+\}", "a", path)
    match = ENGINE.recognise(method, target, (("Accept", "application/vnd.atlas.2023-01-01+json"),))
    assert match is not None
    names = {match.operation.id, operation["operationId"], operation["x-xgen-operation-id-override"]}

    assert names == {match.operation.id, *match.operation.aliases}
    words = {snake_case(name) for name in names} | {match.operation.id[0].upper() + match.operation.id[1:]}
    words.add(operation["x-xgen-operation-id-override"][0].upper() + operation["x-xgen-operation-id-override"][1:])
    assert words <= set(match.operation.sdk)


@pytest.mark.parametrize(
    ("method", "operation"),
    [
        ("ListSharedClusterBackups", "listSharedClusterBackups"),
        ("GetSharedClusterBackup", "getSharedClusterBackup"),
        ("DownloadSharedClusterBackup", "downloadSharedClusterBackup"),
        ("ListSharedClusterBackupRestoreJobs", "listSharedClusterBackupRestoreJobs"),
        ("GetSharedClusterBackupRestoreJob", "getSharedClusterBackupRestoreJob"),
        ("CreateSharedClusterBackupRestoreJob", "createSharedClusterBackupRestoreJob"),
        ("ListClusterBackupSnapshots", "listSharedClusterBackups"),
        ("GetBackupTenantSnapshot", "getSharedClusterBackup"),
        ("DownloadClusterBackupTenant", "downloadSharedClusterBackup"),
        ("ListBackupTenantRestores", "listSharedClusterBackupRestoreJobs"),
        ("GetBackupTenantRestore", "getSharedClusterBackupRestoreJob"),
        ("CreateBackupTenantRestore", "createSharedClusterBackupRestoreJob"),
        ("ReturnAllSnapshotsForOneM2OrM5Cluster", "listSharedClusterBackups"),
        ("CreateServerlessInstance", "createServerlessInstance"),
        ("UpdateServerlessInstance", "updateServerlessInstance"),
        ("DeleteServerlessInstance", "deleteServerlessInstance"),
    ],
)
def test_names_of_the_go_sdks(method, operation):
    """The names of 2024-11, of 2025 and of the first SDK belong to the operations that they call."""
    assert [one.id for one in ENGINE.operations if method in one.sdk] == [operation]


def test_openapi_generator(tmp_path):
    """The ``atlas`` package: a class for each tag, a method for each operation, with variants."""
    program = """
        from atlas.api.shared_tier_snapshots_api import SharedTierSnapshotsApi
        from atlas.api.shared_tier_restore_jobs_api import SharedTierRestoreJobsApi
        snapshots, jobs = SharedTierSnapshotsApi(), SharedTierRestoreJobsApi()
        snapshots.list_shared_cluster_backups("g", "c")
        snapshots.get_shared_cluster_backup_with_http_info("g", "c", "s")
        snapshots.download_shared_cluster_backup("c", "g", order)
        jobs.list_shared_cluster_backup_restore_jobs("c", "g")
        jobs.get_shared_cluster_backup_restore_job("c", "g", "j")
        jobs.create_shared_cluster_backup_restore_job("c", "g", order)
        """
    assert found(tmp_path, program) == [
        (5, "listSharedClusterBackups"),
        (6, "getSharedClusterBackup"),
        (7, "downloadSharedClusterBackup"),
        (8, "listSharedClusterBackupRestoreJobs"),
        (9, "getSharedClusterBackupRestoreJob"),
        (10, "createSharedClusterBackupRestoreJob"),
    ]


def test_openapi_python_client(tmp_path):
    """A module for each operation, named by the operationId of the specification it was made of."""
    program = """
        from client.api.shared_tier_snapshots import list_group_cluster_backup_tenant_snapshots as snapshots
        from client.api.shared_tier_snapshots import download_group_cluster_backup_tenant
        from client.api.serverless_instances import create_group_serverless_instance, delete_group_serverless_instance
        snapshots.sync("g", "c", client=client)
        download_group_cluster_backup_tenant.sync_detailed("g", "c", client=client, body=order)
        create_group_serverless_instance.sync("g", client=client, body=instance)
        delete_group_serverless_instance.sync_detailed("g", "c", client=client)
        """
    assert found(tmp_path, program) == [
        (5, "listSharedClusterBackups"),
        (6, "downloadSharedClusterBackup"),
        (7, "createServerlessInstance"),
        (8, "deleteServerlessInstance"),
    ]


def test_pyatlassdk(tmp_path):
    """It has the reads of instances and of auto-indexing, and no shared tier."""
    program = """
        from pyatlassdk.admin.client import AtlasAdminClient
        client = AtlasAdminClient(public_key="a", private_key="b")
        client.serverless_instances.list_group_serverless_instances("g")
        client.performance_advisor.get_group_serverless_performance_advisor_auto_indexing("g", "c")
        """
    assert found(tmp_path, program) == [(4, "listServerlessInstances"), (5, "getServerlessAutoIndexing")]


def test_our_own_client(tmp_path):
    """A program that moved to the typed client still uses the retired operations, and is told so."""
    program = """
        from shim import AtlasClient
        client = AtlasClient.from_env()
        client.shared_tier_snapshots.list_shared_cluster_backups("g", "c")
        client.shared_tier_restore_jobs.create_shared_cluster_backup_restore_job("g", "c", snapshot_id="s")
        client.serverless_instances.delete_serverless_instance("g", "c")
        client.performance_advisor.get_serverless_auto_indexing("g", "c")
        """
    assert [operation for _, operation in found(tmp_path, program)] == [
        "listSharedClusterBackups",
        "createSharedClusterBackupRestoreJob",
        "deleteServerlessInstance",
        "getServerlessAutoIndexing",
    ]


def test_dedicated_backups_are_none_of_these(tmp_path):
    """The dedicated tier's methods have names of their own, which stay quiet."""
    program = """
        def f(client):
            client.cloud_backups.list_backup_snapshots("g", "c")
            client.cloud_backups.get_cluster_backup_snapshot("g", "c", "s")
            client.cloud_backups.list_replica_set_backups("g", "c")
            client.cloud_backups.create_backup_restore_job("g", "c", order)
            client.flex_snapshots.list_flex_backup_snapshots("g", "c")
        """
    assert found(tmp_path, program) == []
