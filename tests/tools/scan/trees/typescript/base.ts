const api = axios.create({ baseURL: `https://cloud.mongodb.com/api/atlas/v2/groups/${g}/serverless/${n}` });
export const list = () => api.get("/backup/snapshots"); // call: listServerlessBackupSnapshots GET
export const restore = () => api.post("backup/restoreJobs", {}); // call: createServerlessRestoreJob POST

export const endpoints = {
  jobs: { method: "GET", path: (g: string, n: string) => `/groups/${g}/serverless/${n}/backup/restoreJobs` }, // call: listServerlessRestoreJobs GET
} as const;

class Api {
  private client = ky.create({ prefixUrl: "https://cloud.mongodb.com/api/atlas/v2" });
  private url(path: string) { return new URL(path, this.base); }
  one(g: string, n: string) { return this.fetch(this.url(`/groups/${g}/serverless/${n}`)); } // call: getServerlessInstance GET
  all(g: string) { return this.client.get(`groups/${g}/serverless`); } // call: listServerlessInstances GET
}
