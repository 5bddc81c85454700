"""Names of the successors' operations in SDKs, as of 2026-08.

Sources: the interfaces of go.mongodb.org/atlas-sdk, the pages of ``atlas api`` in the Atlas CLI's documentation,
and the operation ids of Atlas' OpenAPI description, which generated clients use in their language's spelling.
"""

from __future__ import annotations

import re

_TABLE = """
GET    flexClusters/{}/backup/snapshots      flexSnapshots listFlexBackupSnapshots listGroupFlexClusterBackupSnapshots
GET    flexClusters/{}/backup/snapshots/{}   flexSnapshots getFlexBackupSnapshot getGroupFlexClusterBackupSnapshot
POST   flexClusters/{}/backup/download       flexSnapshots downloadFlexBackup downloadGroupFlexClusterBackup
GET    flexClusters/{}/backup/restoreJobs    flexRestoreJobs listFlexRestoreJobs listGroupFlexClusterBackupRestoreJobs
GET    flexClusters/{}/backup/restoreJobs/{} flexRestoreJobs getFlexRestoreJob getGroupFlexClusterBackupRestoreJob
POST   flexClusters/{}/backup/restoreJobs    flexRestoreJobs createFlexRestoreJob createGroupFlexClusterBackupRestoreJob
GET    flexClusters                          flexClusters listFlexClusters listGroupFlexClusters
POST   flexClusters                          flexClusters createFlexCluster createGroupFlexCluster
GET    flexClusters/{}                       flexClusters getFlexCluster getGroupFlexCluster
PATCH  flexClusters/{}                       flexClusters updateFlexCluster updateGroupFlexCluster
DELETE flexClusters/{}                       flexClusters deleteFlexCluster deleteGroupFlexCluster
GET    clusters/{}/backup/snapshots          cloudBackups listBackupSnapshots listGroupClusterBackupSnapshots
GET    clusters/{}/backup/snapshots/{}       cloudBackups getClusterBackupSnapshot getGroupClusterBackupSnapshot
GET    clusters/{}/backup/restoreJobs        cloudBackups listBackupRestoreJobs listGroupClusterBackupRestoreJobs
GET    clusters/{}/backup/restoreJobs/{}     cloudBackups getBackupRestoreJob getGroupClusterBackupRestoreJob
POST   clusters/{}/backup/restoreJobs        cloudBackups createBackupRestoreJob createGroupClusterBackupRestoreJob
GET    clusters                              clusters listClusters listGroupClusters
GET    clusters/{}                           clusters getCluster getGroupCluster
POST   clusters                              clusters createCluster createGroupCluster
PATCH  clusters/{}                           clusters updateCluster updateGroupCluster
GET    clusters/{}/processArgs               clusters getProcessArgs getGroupClusterProcessArgs
"""
"""Method, path below the project, tag, name in Go and the CLI, operation id."""

_ROWS = {tuple(row[:2]): row[2:] for row in map(str.split, _TABLE.strip().splitlines())}


def sdk_names(method: str, path: str) -> dict[str, str]:
    """Return the names of a call, by ``go``, ``cli`` and ``operationId``; empty if unknown.

    ``path`` is a template from the root; the names of its parameters do not matter.
    """
    below = re.sub(r"\{\w+\}", "{}", path).removeprefix("/api/atlas/v2/groups/{}/")
    if (row := _ROWS.get((method, below))) is None:
        return {}
    tag, name, operation_id = row
    return {
        "go": f"{tag[0].upper()}{tag[1:]}API.{name[0].upper()}{name[1:]}",
        "cli": f"atlas api {tag} {name}",
        "operationId": operation_id,
    }
