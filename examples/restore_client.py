"""Restore the newest completed snapshot into another cluster, with the typed client.

    python examples/restore_client.py GROUP CLUSTER TARGET

Credentials come from the variables that Atlas's own tools read. Whatever happens on the
way, an order is sent again only where it is certain that nothing was executed: after
429, or where no connection was made.
"""

from __future__ import annotations

import sys

from shim import AtlasClient, AtlasError
from shim.atlas import DeliveryType, SnapshotStatus


def main(group: str, cluster: str, target: str) -> None:
    """Print the id of the job, or say why there is none."""
    with AtlasClient() as client:
        backups = client.cloud_backups
        snapshots = backups.iter_serverless_backup_snapshots(
            group, cluster
        )  # newest first
        newest = next(
            (one for one in snapshots if one.status is SnapshotStatus.COMPLETED), None
        )
        if newest is None:
            sys.exit(f"{cluster} has no completed snapshot")
        try:
            job = backups.create_serverless_restore_job(
                group,
                cluster,
                delivery_type=DeliveryType.AUTOMATED,
                snapshot_id=newest.id,
                target_group_id=group,
                target_cluster_name=target,
            )
        except AtlasError as error:
            sys.exit(f"Atlas refuses: {error}")
    print(job.id)


if __name__ == "__main__":
    main(*sys.argv[1:])
