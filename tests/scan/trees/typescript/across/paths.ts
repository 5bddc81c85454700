export const BASE = "https://cloud.mongodb.com/api/atlas/v2";
export const instance = (g: string, n: string) => `${BASE}/groups/${g}/serverless/${n}`;
export function backups(g: string, n: string, what: string) {
  return `${instance(g, n)}/backup/${what}`;
}
export const PATHS = { restore: "/groups/{g}/serverless/{n}/backup/restoreJobs" };
export enum Kind {
  Shared = "/groups/{g}/clusters/{n}/backup/tenant/snapshots",
}
export class Paths {
  static readonly LIST = "/api/atlas/v2/groups/{g}/serverless";
}
export const KIND = "serverless";
