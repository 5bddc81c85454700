locals {
  base     = "https://cloud.mongodb.com/api/atlas/v2"
  instance = "${local.base}/groups/${var.group}/serverless/${var.name}" # call: getServerlessInstance ?
}

data "http" "snapshots" {
  url = "${local.base}/groups/${var.group}/serverless/${var.name}/backup/snapshots" # call: listServerlessBackupSnapshots GET
}

data "http" "restore" {
  url    = format("%s/groups/%s/serverless/%s/backup/restoreJobs", local.base, var.group, var.name) # call: createServerlessRestoreJob POST
  method = "POST"
}

data "http" "jobs" {
  url = join("/", [local.base, "groups", var.group, "serverless", var.name, "backup", "restoreJobs"]) # call: listServerlessRestoreJobs GET
}

resource "null_resource" "shell" {
  provisioner "local-exec" {
    command = "curl -X DELETE ${local.base}/groups/${var.group}/serverless/${var.name}" # call: deleteServerlessInstance DELETE
  }
  provisioner "local-exec" {
    command = <<-EOT
      echo "curl ${local.base}/groups/a/serverless/b"
      atlas serverless list # call: listServerlessInstances GET
      curl -s ${local.base}/groups/${var.group}/serverless/${var.name}/backup/snapshots # call: listServerlessBackupSnapshots GET
    EOT
  }
}

data "http" "other" {
  url = "https://api.example.com/groups/${var.group}/serverless/${var.name}"
}

variable "path" {
  description = "/groups/a/serverless/b"
  validation {
    condition     = var.path != "/groups/a/serverless/b"
    error_message = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
  }
}
