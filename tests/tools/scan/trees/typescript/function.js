exports = async function (group_id, name) {
  const response = await context.http.get({ // call: listServerlessBackupSnapshots GET
    "scheme": "https",
    "host": "cloud.mongodb.com",
    "path": `/api/atlas/v1.0/groups/${group_id}/serverless/${name}/backup/snapshots`,
    "digestAuth": true
  })
  const arg = { "path": `api/atlas/v1.0/groups/${group_id}/serverless/${name}` };
  context.http.patch(arg).then(response => {}); // call: updateServerlessInstance PATCH
  const client = new DigestFetch(PUBLIC_KEY, PRIVATE_KEY);
  const url = `https://cloud.mongodb.com/api/atlas/v1.0/groups/${PROJECT_ID}/serverless`;
  const r2 = await client.fetch(url, { method: 'POST', body: JSON.stringify([]) }); // call: createServerlessInstance POST
  const r3 = await axios.get(url, { auth: {} }); // call: listServerlessInstances GET
  router.push(`/console/serverless/${newEndpoint.id}`);
  fetch(`${CONTROL_BASE}/serverless/${encodeURIComponent(id)}/workers`);
  return require(`../../.next/serverless/${pageName}`);
}
