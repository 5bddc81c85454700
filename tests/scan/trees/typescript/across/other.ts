import { instance } from "aws-sdk-x";

const unrelated = { restore: "x" };
client.post(unrelated.restore);
client.post(this.restore);
backups("g", "n", "snapshots");
