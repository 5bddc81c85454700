"""The endpoints that the typed client declares, and arguments for them."""

import inspect
from typing import Any

from shim.atlas import AtlasClient
from shim.atlas.calls import Call, EndpointGroup
from shim.fake import DEMO_CLUSTER, DEMO_GROUP
from tests.fake.asking import contract

CONTRACT, TENANT_CONTRACT = contract("legacy-serverless-2025-10"), contract("legacy-shared-tier-2026-03")
WRITES_CONTRACT = contract("legacy-serverless-writes-2026-03")
"""The last contract that had writes of instances."""

_CLIENT = AtlasClient(access_token="a", environ={})
GROUPS = tuple(name for name, group in vars(_CLIENT).items() if isinstance(group, EndpointGroup))

ORDER = {"target_cluster_name": DEMO_CLUSTER, "target_group_id": DEMO_GROUP}
WRITES: dict[str, dict[str, Any]] = {
    "create_serverless_restore_job": {"delivery_type": "automated", **ORDER},
    "create_shared_cluster_backup_restore_job": {"target_deployment_item_name": DEMO_CLUSTER},
    "download_shared_cluster_backup": {},
    "create_serverless_instance": {"name": "new", "backing_provider_name": "AWS", "region_name": "US_EAST_1"},
    "update_serverless_instance": {"tags": {"env": "test"}},
    "delete_serverless_instance": {},
}
"""What each write needs beside its place, but for ids."""


def endpoints_of(group):
    """Return the endpoints of a group by name."""
    kind = type(getattr(_CLIENT, group))
    return {name: call for name, call in vars(kind).items() if isinstance(call, Call)}


def signature_of(group, name):
    """Return the signature of an endpoint's method."""
    return inspect.signature(getattr(getattr(_CLIENT, group), name))


CALLS = {name: call for group in GROUPS for name, call in endpoints_of(group).items()}
ENDPOINTS = [(group, name) for group in GROUPS for name in endpoints_of(group)]
