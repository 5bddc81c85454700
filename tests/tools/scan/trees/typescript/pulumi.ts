import * as mongodbatlas from "@pulumi/mongodbatlas";
import { ServerlessInstance } from "@cdktf/provider-mongodbatlas/lib/serverless-instance";
const i = new mongodbatlas.ServerlessInstance("x", {}); // call: createServerlessInstance ?
const d = mongodbatlas.getSharedTierSnapshots({}); // call: listSharedClusterBackups ?
new ServerlessInstance(this, "y", {}); // call: createServerlessInstance ?
new mongodbatlas.FlexCluster("z", {});
new cdk.CfnResource(this, "a", { type: "MongoDB::Atlas::ServerlessInstance" }); // call: createServerlessInstance ?
export class ObservableApi {
  public createServerlessBackupRestoreJob(groupId: string): Promise<X> {
    const result = this.api.createServerlessBackupRestoreJob(groupId); // call: createServerlessRestoreJob POST
    return result.toPromise();
  }
}
