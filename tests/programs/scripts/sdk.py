"""Reads serverless instances with pyatlassdk, by API key."""

import os

from pyatlassdk.admin.client import AtlasAdminClient

client = AtlasAdminClient(
    public_key=os.environ["PUBLIC_KEY"],
    private_key=os.environ["PRIVATE_KEY"],
    base_url=os.environ["ATLAS"] + "/api/atlas/v2",
)
page = client.serverless_instances.list_group_serverless_instances(os.environ["GROUP"])
print(page.total_count, [instance.name for instance in page.results])
instance = client.serverless_instances.get_group_serverless_instance(
    os.environ["GROUP"], os.environ["CLUSTER"]
)
print(
    instance.name,
    instance.state_name,
    instance.mongo_db_version,
    instance.termination_protection_enabled,
)
settings = instance.provider_settings
print(settings.provider_name, settings.backing_provider_name, settings.region_name)
print(instance.connection_strings.standard_srv, instance.serverless_backup_options)
