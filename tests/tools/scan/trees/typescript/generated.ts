import { CloudBackupsApi, ServerlessInstancesApi, Configuration } from "./atlas-client";
import createClient from "openapi-fetch";
import { listServerlessBackups, useGetServerlessInstance } from "./orval";
import type { paths, operations } from "./schema";

type Page = operations["listServerlessBackupSnapshots"]["responses"]["200"];
type Snapshots = paths["/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots"]["get"];

const api = new CloudBackupsApi(new Configuration({ basePath: "https://cloud.mongodb.com" }));
const client = createClient<paths>({ baseUrl: "https://cloud.mongodb.com" });

export async function all(groupId: string, clusterName: string) {
  await api.listServerlessBackupSnapshots({ groupId, clusterName }); // call: listServerlessBackupSnapshots GET
  await api.createServerlessBackupRestoreJobRaw({ groupId, clusterName }); // call: createServerlessRestoreJob POST
  await new ServerlessInstancesApi().listServerlessInstances({ groupId }); // call: listServerlessInstances GET
  await client.GET("/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots", { params: {} }); // call: listServerlessBackupSnapshots GET
  await client.POST("/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/restoreJobs", { body: {} }); // call: createServerlessRestoreJob POST
  await listServerlessBackups(groupId, clusterName); // call: listServerlessBackupSnapshots GET
  return Promise.all([1].map(api.getServerlessBackupSnapshot)); // call: getServerlessBackupSnapshot GET
}

/**
 * @example
 * api.listServerlessBackupSnapshots({ groupId })
 * fetch("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")
 */
export interface Model {
  /** Example: "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b" */
  href: "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b";
}
