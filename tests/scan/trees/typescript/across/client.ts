import { backups, instance, Kind, PATHS, Paths } from "./paths";
import * as all from "./paths";

export const remove = (g: string, n: string) => axios.delete(instance(g, n)); // call: deleteServerlessInstance DELETE
export const list = (g: string, n: string) => axios.get(backups(g, n, "snapshots")); // call: listServerlessBackupSnapshots GET
export const jobs = (g: string, n: string) => axios.get(all.backups(g, n, "restoreJobs")); // call: listServerlessRestoreJobs GET
export const restore = () => client.post(PATHS.restore, {}); // call: createServerlessRestoreJob POST
export const shared = () => client.get(Kind.Shared); // call: listSharedClusterBackups GET
export const every = () => client.get(Paths.LIST); // call: listServerlessInstances GET
