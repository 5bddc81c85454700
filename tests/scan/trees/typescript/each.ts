// Loops over lists that are written there, or kept in a constant.
const LIST = ['snapshots', 'restoreJobs'];
export async function all(g: string, n: string) {
  for (const kind of ['snapshots', 'restoreJobs'] as const) {
    await fetch(`https://cloud.mongodb.com/api/atlas/v2/groups/${g}/serverless/${n}/backup/${kind}`); // call: listServerlessBackupSnapshots GET, listServerlessRestoreJobs GET
  }
  for (const kind of LIST) {
    await fetch(`https://cloud.mongodb.com/api/atlas/v2/groups/${g}/serverless/${n}/backup/${kind}`); // call: listServerlessBackupSnapshots GET, listServerlessRestoreJobs GET
  }
  for (const kind of ['flexClusters', 'clusters']) {
    await fetch(`https://cloud.mongodb.com/api/atlas/v2/groups/${g}/${kind}/${n}/backup/snapshots`);
  }
}
