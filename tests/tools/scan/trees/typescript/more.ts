import { BASE } from "./config";
import type { paths } from "./schema";
const request = require("supertest");

export enum Path {
  Snapshots = "/api/atlas/v2/groups/{g}/serverless/{n}/backup/snapshots",
}

class Urls {
  static readonly RESTORE = BASE + "/groups/{g}/serverless/{n}/backup/restoreJobs";
}

export interface paths2 {
  "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots": { get: object };
}

export async function more(g: string, n: string) {
  await client.get(Path.Snapshots); // call: listServerlessBackupSnapshots GET
  await client.post(Urls.RESTORE, {}); // call: createServerlessRestoreJob POST
  await fetch(BASE.concat("/groups/", g, "/serverless/", n)); // call: getServerlessInstance GET
  await this.http.request("DELETE", `${BASE}/groups/${g}/serverless/${n}`); // call: deleteServerlessInstance DELETE
  const url = flag ? `${BASE}/groups/${g}/serverless` : `${BASE}/groups/${g}/flexClusters`;
  await axios.get(url); // call: listServerlessInstances GET
  for (const kind of ["snapshots", "restoreJobs"]) use(kind);
  const send = (suffix: string) => axios.get(`${BASE}/groups/${g}/serverless/${n}/backup/${suffix}`);
  await send("snapshots"); // call: listServerlessBackupSnapshots GET
  await send("restoreJobs"); // call: listServerlessRestoreJobs GET
  await fetch(new URL("/api/atlas/v2/groups/" + g + "/serverless", "https://cloud.mongodb.com")); // call: listServerlessInstances GET
  urls.push(`${BASE}/groups/${g}/serverless/${n}/backup/snapshots`); // call: listServerlessBackupSnapshots ?
}

request(app).get("/api/atlas/v2/groups/a/serverless/b").expect(200);
router.push("/groups/a/serverless/b");
fastify.route({ method: "GET", url: "/api/atlas/v2/groups/:g/serverless/:n", handler });
router.route("/groups/:g/serverless/:n").get(handler);
fs.readFileSync(path.join(__dirname, "groups", g, "serverless", n));
fs.readFileSync(`./groups/${g}/serverless/${n}`);
export const link = <T,>(x: T) => x;
(async () => {
  await fetch("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless"); // call: listServerlessInstances GET
})();
console.log(await client.at("/groups/a/serverless/b/backup/snapshots")); // call: listServerlessBackupSnapshots ?
console.log(util.format("/groups/%s/serverless/%s", a, b), `${base}/groups/a/serverless/b`.trim());
expect(await service.fetchAt("/groups/a/serverless/b")).toBe(1); // call: getServerlessInstance ?
const userData = `#!/bin/bash // call: listServerlessInstances GET
curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless
`;
