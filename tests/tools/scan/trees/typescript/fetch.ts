const API = "https://cloud.mongodb.com/api/atlas/v2";

export async function list(group: string, name: string) {
  const url = new URL(`${API}/groups/${group}/serverless/${name}/backup/snapshots`);
  url.searchParams.set("pageNum", "1");
  const reply = await fetch(url, { headers: { Accept: "application/json" } }); // call: listServerlessBackupSnapshots GET
  return reply.json();
}

export const restore = async (group: string, name: string) =>
  fetch(`${API}/groups/${encodeURIComponent(group)}/serverless/${encodeURIComponent(name)}/backup/restoreJobs`, { // call: createServerlessRestoreJob POST
    method: "POST",
    body: JSON.stringify({ deliveryType: "automated" }),
  });

export function one(group: string, name: string, id: string) {
  const parts = [API, "groups", group, "serverless", name, "backup", "snapshots", id];
  return fetch(parts.join("/")); // call: getServerlessBackupSnapshot GET
}

function endpoint(path: string): string {
  return `${API}${path}`;
}

async function call(method: string, path: string, body?: unknown) {
  return fetch(endpoint(path), { method, body: JSON.stringify(body) });
}

export const drop = (g: string, n: string) => call("DELETE", `/groups/${g}/serverless/${n}`); // call: deleteServerlessInstance DELETE
export const all = (g: string) => call("GET", "/groups/" + g + "/serverless"); // call: listServerlessInstances GET

export async function shared(g: string, c: string) {
  let path = `/groups/${g}/clusters/${c}/backup/tenant`;
  path += "/restore";
  await fetch(endpoint(path), { method: "post" }); // call: createSharedClusterBackupRestoreJob POST
  const request = new Request(`${API}/groups/${g}/clusters/${c}/backup/tenant/snapshots`, { method: "GET" }); // call: listSharedClusterBackups GET
  await fetch(request);
}

export const queryFn = ({ queryKey: [, g, n] }) => http<Page>(`/api/atlas/v2/groups/${g}/serverless/${n}/backup/snapshots`); // call: listServerlessBackupSnapshots ?
