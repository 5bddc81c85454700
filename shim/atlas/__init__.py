"""The typed client of Atlas' legacy serverless and shared-tier API, and the values it returns.

    arguments -> endpoints -> resources =sends=> shim.httpx -> replies -> models

``endpoints`` turns a method's arguments into a ``request``, ``resources`` sends it, ``replies`` turns the reply into a
value or an error, and ``retries`` decides whether to send again; ``models`` and ``tenant_models`` are the values.
``auth`` chooses the Atlas to call and signs the calls, ``convert`` reads JSON.
"""

from __future__ import annotations

from shim.atlas.client import AsyncAtlasClient, AtlasClient
from shim.atlas.models import (
    BSONTimestamp,
    CloudProvider,
    ConnectionStrings,
    DeliveryType,
    FrequencyType,
    InstanceState,
    Link,
    Page,
    PaginatedServerlessBackupRestoreJobs,
    PaginatedServerlessBackupSnapshots,
    PaginatedServerlessInstances,
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
)
from shim.atlas.retries import Retries
from shim.atlas.tenant_models import (
    BackupTenantSnapshot,
    PaginatedTenantRestores,
    PaginatedTenantSnapshots,
    TenantDeliveryType,
    TenantRestore,
    TenantStatus,
)

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
