"""``atlas-shim shared-tier-snapshots`` and ``shared-tier-restores``: backups of clusters that were M2 or M5."""

from __future__ import annotations

import click

from shim.cli.options import output_option
from shim.cli.output import printable
from shim.cli.overwriting import confirm, yes_option
from shim.cli.resource_tables import day, minute, show_one
from shim.cli.resources import ENDING, ResourceKind, client, commands_of

CLUSTER = "GROUP is a project's id, CLUSTER the name of a shared-tier cluster or of the cluster that replaced it."

SNAPSHOTS = ResourceKind(
    listed=f"List the snapshots of a cluster, in Atlas' order.\n\n{CLUSTER}",
    got=f"Show one snapshot, with the fidelity of each field.\n\n{CLUSTER}",
    arguments=("group", "cluster"),
    name="id",
    columns=(
        ("ID", "id", printable),
        ("STARTED (UTC)", "startTime", minute),
        ("EXPIRES", "expiration", day),
        ("STATUS", "status", printable),
        ("MONGODB", "mongoDBVersion", printable),
    ),
    page=lambda atlas: atlas.shared_tier_snapshots.list_shared_cluster_backups,
    every=lambda atlas: atlas.shared_tier_snapshots.iter_shared_cluster_backups,
    one=lambda atlas: atlas.shared_tier_snapshots.get_shared_cluster_backup,
)

RESTORES = ResourceKind(
    listed=f"List the restore jobs of a cluster, in Atlas' order.\n\n{CLUSTER}",
    got=f"Show one restore job, with the fidelity of each field.\n\n{CLUSTER}"
    " The link of a download lets anybody who has it download the data.",
    arguments=("group", "cluster"),
    name="job",
    columns=(
        ("ID", "id", printable),
        ("TYPE", "deliveryType", printable),
        ("STATUS", "status", printable),
        ("TARGET", "targetDeploymentItemName", printable),
        ("SNAPSHOT", "snapshotId", printable),
    ),
    page=lambda atlas: atlas.shared_tier_restore_jobs.list_shared_cluster_backup_restore_jobs,
    every=lambda atlas: atlas.shared_tier_restore_jobs.iter_shared_cluster_backup_restore_jobs,
    one=lambda atlas: atlas.shared_tier_restore_jobs.get_shared_cluster_backup_restore_job,
)

snapshots = commands_of("shared-tier-snapshots", SNAPSHOTS)
restores = commands_of("shared-tier-restores", RESTORES)


@snapshots.command("download", epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@click.argument("id")
@output_option
def download(*, group: str, cluster: str, id: str, output: str) -> None:  # noqa: A002 - the argument's name
    """Order a link to the data of a snapshot, and show the job that will have it.

    The request is sent once and never repeated; if the network fails meanwhile, look at "shared-tier-restores list".
    """
    with client(retries=None) as atlas:
        show_one(atlas.shared_tier_snapshots.download_shared_cluster_backup(group, cluster, snapshot_id=id), output)


@restores.command("create", epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@click.option("--snapshot", required=True, metavar="ID", help="The snapshot to restore.")
@click.option("--target-cluster", required=True, metavar="NAME", help="Where to restore to.")
@click.option("--target-group", metavar="ID", help="The project of the target. Default: GROUP.")
@yes_option
@output_option
def create(  # noqa: PLR0913 - one argument an option
    *, group: str, cluster: str, snapshot: str, target_cluster: str, target_group: str | None, yes: bool, output: str
) -> None:
    """Start a restore job. It overwrites the data of the target cluster, and on a terminal asks before.

    The request is sent once and never repeated; if the network fails meanwhile, look at "shared-tier-restores list".
    """
    with client(retries=None) as atlas:
        confirm(target_cluster, target_group or group, f"The snapshot {snapshot}", yes=yes)
        job = atlas.shared_tier_restore_jobs.create_shared_cluster_backup_restore_job(
            group,
            cluster,
            snapshot_id=snapshot,
            target_deployment_item_name=target_cluster,
            target_project_id=target_group,
        )
        show_one(job, output)
