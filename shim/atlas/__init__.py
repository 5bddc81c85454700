"""The typed facade: a client of Atlas' legacy serverless API, and the values it returns."""

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
    ResourceTag,
    ServerlessBackupOptions,
    ServerlessBackupRestoreJob,
    ServerlessBackupSnapshot,
    ServerlessInstanceDescription,
    SnapshotStatus,
    SnapshotType,
)

__all__ = [
    "AsyncAtlasClient",
    "AtlasClient",
    "BSONTimestamp",
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
    "PrivateEndpointConnection",
    "PrivateEndpointItem",
    "ProviderSettings",
    "ResourceTag",
    "ServerlessBackupOptions",
    "ServerlessBackupRestoreJob",
    "ServerlessBackupSnapshot",
    "ServerlessInstanceDescription",
    "SnapshotStatus",
    "SnapshotType",
]
