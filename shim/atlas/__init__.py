"""The typed client for Atlas's legacy serverless and shared-tier API, and its values.

State: a client has one ``shim.httpx`` client and one signer. Its values are frozen.

Two rules: a write is repeated only if nothing was executed. Members that can't be known
are None, and never invented.

    arguments -> endpoints -> calls =sends=> shim.httpx -> replies -> models

``endpoints`` lists the methods of the clients. ``calls`` turns a method's arguments
into a request and sends it, ``replies`` turns the reply into a value or an error, and
``retries`` decides whether to send again. ``models`` are the values, which ``convert``
reads from JSON. ``auth`` chooses the Atlas to call, and signs the calls.
"""

from __future__ import annotations

from shim.atlas.client import AsyncAtlasClient as AsyncAtlasClient
from shim.atlas.client import AtlasClient as AtlasClient
from shim.atlas.convert import Link as Link
from shim.atlas.convert import Page as Page
from shim.atlas.models import BackupTenantSnapshot as BackupTenantSnapshot
from shim.atlas.models import BSONTimestamp as BSONTimestamp
from shim.atlas.models import CloudProvider as CloudProvider
from shim.atlas.models import ConnectionStrings as ConnectionStrings
from shim.atlas.models import DeliveryType as DeliveryType
from shim.atlas.models import (
    PaginatedServerlessBackupRestoreJobs as PaginatedServerlessBackupRestoreJobs,
)
from shim.atlas.models import (
    PaginatedServerlessBackupSnapshots as PaginatedServerlessBackupSnapshots,
)
from shim.atlas.models import (
    PaginatedServerlessInstances as PaginatedServerlessInstances,
)
from shim.atlas.models import PaginatedTenantRestores as PaginatedTenantRestores
from shim.atlas.models import PaginatedTenantSnapshots as PaginatedTenantSnapshots
from shim.atlas.models import ProviderSettings as ProviderSettings
from shim.atlas.models import RequestAccepted as RequestAccepted
from shim.atlas.models import ResourceTag as ResourceTag
from shim.atlas.models import ServerlessBackupOptions as ServerlessBackupOptions
from shim.atlas.models import ServerlessBackupRestoreJob as ServerlessBackupRestoreJob
from shim.atlas.models import ServerlessBackupSnapshot as ServerlessBackupSnapshot
from shim.atlas.models import (
    ServerlessInstanceDescription as ServerlessInstanceDescription,
)
from shim.atlas.models import SnapshotStatus as SnapshotStatus
from shim.atlas.models import TenantRestore as TenantRestore
from shim.atlas.models import TenantStatus as TenantStatus
from shim.atlas.retries import Retries as Retries
