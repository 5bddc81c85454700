"""The typed client of Atlas' legacy serverless and shared-tier API, and the values it returns.

    arguments -> endpoints -> resources =sends=> shim.httpx -> replies -> models

``endpoints`` makes a ``request`` of a method's arguments, ``resources`` sends it, ``replies`` makes a value or an
error of the answer, and ``retries`` says whether it is sent again; ``models`` and ``tenant_models`` are the values.
``configuration`` says which Atlas is called, ``auth`` signs the calls, ``convert`` reads JSON.
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
