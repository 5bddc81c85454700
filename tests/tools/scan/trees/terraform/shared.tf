data "mongodbatlas_shared_tier_snapshots" "s" { # call: listSharedClusterBackups ?
  project_id   = var.project_id
  cluster_name = "m2"
}

data "mongodbatlas_shared_tier_snapshot" "one" { # call: getSharedClusterBackup ?
  snapshot_id = data.mongodbatlas_shared_tier_snapshots.s.results[0].snapshot_id
}

data "mongodbatlas_shared_tier_restore_jobs" "r" {} # call: listSharedClusterBackupRestoreJobs ?

data "mongodbatlas_shared_tier_restore_job" "r" {} # call: getSharedClusterBackupRestoreJob ?

data "mongodbatlas_flex_snapshots" "f" {}

resource "some_shared_tier_snapshot" "x" {}
