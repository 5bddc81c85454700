const https = require("https");
const { execSync, spawn } = require("child_process");
const got = require("got");
const superagent = require("superagent");

const base = "https://cloud.mongodb.com/api/atlas/v2";

function snapshots(group, name, done) {
  const options = {
    hostname: "cloud.mongodb.com",
    path: "/api/atlas/v2/groups/" + group + "/serverless/" + name + "/backup/snapshots", // call: listServerlessBackupSnapshots GET
    method: "GET",
  };
  https.request(options, done).end();
  https.get(`${base}/groups/${group}/serverless/${name}`, (res) => res.pipe(process.stdout)); // call: getServerlessInstance GET
}

async function more(group, name) {
  await got.post(`${base}/groups/${group}/serverless/${name}/backup/restoreJobs`, { json: {} }).json(); // call: createServerlessRestoreJob POST
  await got(`groups/${group}/serverless/${name}/backup/restoreJobs`, { prefixUrl: base }); // call: listServerlessRestoreJobs GET
  await superagent
    .post(`${base}/groups/${group}/serverless`) // call: createServerlessInstance POST
    .send({ name });
  $.ajax({ url: base + "/groups/" + group + "/serverless/" + name, type: "DELETE" }); // call: deleteServerlessInstance DELETE
  $.getJSON(base + "/groups/" + group + "/serverless"); // call: listServerlessInstances GET
  execSync(`atlas serverless backups snapshots list ${name} --projectId ${group}`); // call: listServerlessBackupSnapshots GET
  spawn("curl", ["-s", "-X", "PATCH", `${base}/groups/${group}/serverless/${name}`]); // call: updateServerlessInstance PATCH
  await $`curl ${base}/groups/${group}/serverless/${name}/backup/snapshots`; // call: listServerlessBackupSnapshots GET
}

module.exports = { snapshots, more };
