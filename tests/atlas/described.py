"""The endpoints that the typed client declares, and arguments for them."""

import importlib
import inspect
import pkgutil
from typing import Any

from shim.atlas import endpoints
from shim.fake import DEMO_CLUSTER, DEMO_GROUP
from tests.fake.asking import contract

CONTRACT, TENANT_CONTRACT = contract("legacy-serverless-2025-10"), contract("legacy-shared-tier-2026-03")
WRITES_CONTRACT = contract("legacy-serverless-writes-2026-03")
"""The last contract that had writes of instances."""

GROUPS = tuple(module.name for module in pkgutil.iter_modules(endpoints.__path__))

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
    """Return the endpoint functions of a group by name."""
    module = importlib.import_module(f"{endpoints.__name__}.{group}")
    found = inspect.getmembers(module, inspect.isfunction)
    return {name: each for name, each in found if each.__module__ == module.__name__ and name[0] != "_"}


ENDPOINTS = [(group, name) for group in GROUPS for name in endpoints_of(group)]
