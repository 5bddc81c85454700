# resource "mongodbatlas_serverless_instance" "commented" {}
terraform {
  required_providers {
    mongodbatlas = { source = "mongodb/mongodbatlas" }
  }
}

resource "mongodbatlas_serverless_instance" "a" { # call: createServerlessInstance ?
  project_id                              = var.project_id
  name                                    = "serverless"
  provider_settings_backing_provider_name = "AWS"
  provider_settings_provider_name         = "SERVERLESS"
}

data "mongodbatlas_serverless_instance" "one" { # call: getServerlessInstance ?
  project_id = mongodbatlas_serverless_instance.a.project_id
  name       = mongodbatlas_serverless_instance.a.name
}

data "mongodbatlas_serverless_instances" "all" { # call: listServerlessInstances ?
  project_id = var.project_id
}

resource "mongodbatlas_privatelink_endpoint_serverless" "e" { # call: createServerlessPrivateEndpoint ?
  project_id = var.project_id
}

resource "mongodbatlas_privatelink_endpoint_service_serverless" "s" { # call: createServerlessPrivateEndpoint ?
  project_id = var.project_id
}

data "mongodbatlas_privatelink_endpoints_service_serverless" "l" { # call: listServerlessPrivateEndpoint ?
  project_id = var.project_id
}

resource "mongodbatlas_flex_cluster" "f" {
  name = "serverless"
}

resource "mongodbatlas_cloud_backup_snapshot" "c" {
  cluster_name = "serverless"
}

resource "aws_redshiftserverless_workgroup" "w" {}

output "strings" {
  description = "Was GET https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
  value       = mongodbatlas_serverless_instance.a.connection_strings_standard_srv
}
