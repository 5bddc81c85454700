"""The typed client of Atlas' legacy serverless and shared-tier API, and the values it returns.

    arguments -> endpoints -> calls =sends=> shim.httpx -> replies -> models

``endpoints`` names the methods of the clients; ``calls`` turns a method's arguments into a request and sends it,
``replies`` turns the reply into a value or an error, and ``retries`` decides whether to send again; ``models`` are the
values, which ``convert`` reads from JSON. ``auth`` chooses the Atlas to call and signs the calls.
"""

from __future__ import annotations

from shim.atlas.client import AsyncAtlasClient, AtlasClient
from shim.atlas.convert import Link, Page
from shim.atlas.models import (
    BackupTenantSnapshot,
    BSONTimestamp,
    CloudProvider,
    ConnectionStrings,
    DeliveryType,
    FrequencyType,
    InstanceState,
    PaginatedServerlessBackupRestoreJobs,
    PaginatedServerlessBackupSnapshots,
    PaginatedServerlessInstances,
    PaginatedTenantRestores,
    PaginatedTenantSnapshots,
    PrivateEndpointConnection,
    PrivateEndpointItem,
    ProviderSettings,
    RequestAccepted,
    ResourceTag,
    ServerlessAutoIndexing,
    ServerlessBackupOptions,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
    ServerlessInstanceDescription,
    SnapshotStatus,
    SnapshotType,
    TenantDeliveryType,
    TenantRestore,
    TenantStatus,
)
from shim.atlas.retries import Retries

__all__ = [
    "AsyncAtlasClient",
    "AtlasClient",
    "BSONTimestamp",
    "BackupTenantSnapshot",
    "CloudProvider",
    "ConnectionStrings",
    "DeliveryType",
    "FrequencyType",
    "InstanceState",
    "Link",
    "Page",
    "PaginatedServerlessBackupRestoreJobs",
    "PaginatedServerlessBackupSnapshots",
    "PaginatedServerlessInstances",
    "PaginatedTenantRestores",
    "PaginatedTenantSnapshots",
    "PrivateEndpointConnection",
    "PrivateEndpointItem",
    "ProviderSettings",
    "RequestAccepted",
    "ResourceTag",
    "Retries",
    "ServerlessAutoIndexing",
    "ServerlessBackupOptions",
    "ServerlessBackupRestoreJob",
    "ServerlessBackupSnapshot",
    "ServerlessInstanceDescription",
    "SnapshotStatus",
    "SnapshotType",
    "TenantDeliveryType",
    "TenantRestore",
    "TenantStatus",
]
