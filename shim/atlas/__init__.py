"""The typed client of Atlas' legacy serverless API, and the values it returns.

    arguments -> endpoints -> resources =sends=> shim.httpx -> replies -> models

``endpoints`` makes a request of a method's arguments, ``resources`` sends it, ``replies`` makes a value or an
error of the answer. ``configuration`` says which Atlas is called, ``auth`` signs the calls, ``convert`` reads JSON.
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
