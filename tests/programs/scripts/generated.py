"""Uses the client that openapi-python-client made of the legacy contract, without and with asyncio."""

import asyncio
import os

from generated_legacy_client.api.cloud_backups import (
    create_group_serverless_backup_restore_job as create_job,
)
from generated_legacy_client.api.cloud_backups import (
    get_group_serverless_backup_restore_job as get_job,
)
from generated_legacy_client.api.cloud_backups import (
    get_group_serverless_backup_snapshot as get_snapshot,
)
from generated_legacy_client.api.cloud_backups import (
    list_group_serverless_backup_snapshots as list_snapshots,
)
from generated_legacy_client.api.serverless_instances import (
    get_group_serverless_instance as get_instance,
)
from generated_legacy_client.api.serverless_instances import (
    list_group_serverless_instances as list_instances,
)
from generated_legacy_client.client import AuthenticatedClient
from generated_legacy_client.models import ServerlessBackupRestoreJob, ServerlessBackupRestoreJobDeliveryType

GROUP, CLUSTER = os.environ["GROUP"], os.environ["CLUSTER"]


def client():
    return AuthenticatedClient(base_url=os.environ["ATLAS"], token=os.environ["TOKEN"], raise_on_unexpected_status=True)


with client() as atlas:
    page = list_snapshots.sync(GROUP, CLUSTER, client=atlas)
    print(page.total_count == len(page.results) > 0)
    one = get_snapshot.sync_detailed(GROUP, CLUSTER, page.results[-1].id, client=atlas)
    print(int(one.status_code), one.parsed.status, one.parsed.frequency_type)
    body = ServerlessBackupRestoreJob(
        delivery_type=ServerlessBackupRestoreJobDeliveryType.AUTOMATED,
        snapshot_id=one.parsed.id,
        target_cluster_name=CLUSTER,
        target_group_id=GROUP,
    )
    job = create_job.sync(GROUP, CLUSTER, client=atlas, body=body)
    print(get_job.sync(GROUP, CLUSTER, job.id, client=atlas).id == job.id, job.delivery_type)
    instance = get_instance.sync(GROUP, CLUSTER, client=atlas)
    print(instance.name, instance.provider_settings.provider_name, instance.state_name)


async def main():
    async with client() as atlas:
        pages = await asyncio.gather(*(list_snapshots.asyncio(GROUP, CLUSTER, client=atlas) for _ in range(3)))
        print([page.to_dict() == pages[0].to_dict() for page in pages])
        instances = await list_instances.asyncio(GROUP, client=atlas)
        print([instance.name for instance in instances.results], instances.total_count)


asyncio.run(main())
