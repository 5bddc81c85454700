import { http, HttpResponse } from "msw";
import nock from "nock";
import { Controller, Get } from "@nestjs/common";

// fetch("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")
const app = express();
app.get("/api/atlas/v2/groups/:groupId/serverless/:name", (req, res) => res.json({}));
router.post("/groups/:groupId/serverless/:name/backup/restoreJobs", create);

@Controller("api/atlas/v2")
export class Served {
  @Get("groups/:groupId/serverless/:name/backup/snapshots")
  list() {}
}

export const handlers = [
  http.get("https://cloud.mongodb.com/api/atlas/v2/groups/:g/serverless/:n", () => HttpResponse.json({})),
];
nock("https://cloud.mongodb.com").get("/api/atlas/v2/groups/a/serverless/b").reply(200, {
  links: [{ rel: "self", href: "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b" }],
});

describe("/groups/a/serverless/b", () => {
  it("builds", () => {
    expect(build("a")).toBe("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b");
    expect(api.listServerlessBackups).toHaveBeenCalledWith("a", "b");
    jest.spyOn(api, "listServerlessBackups").mockResolvedValue([]);
    api.getServerlessInstance = jest.fn();
    if (url === "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b") return;
  });
});

console.log(`GET ${base}/groups/a/serverless/b`, "/groups/a/serverless/b");
fetch("/api/serverless/functions");
fetch("https://api.vercel.com/v1/groups/x/serverless/y/backup/snapshots");
fetch("/.netlify/functions/serverless");
const schema = { path: "/x", example: "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b" };
fetch(`${base}/groups/${g}/flexClusters/${n}/backup/snapshots`);
class Serverless { getServerlessInstance() { return this.serverless; } use() { return this.getServerlessInstance(); } }
switch (path) { case "/groups/a/serverless/b": break; }
sls.deploy("serverless", "backup/snapshots");
const usage = `Usage: backups GROUP NAME
curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b
atlas serverless list
`;
const hint = "Run curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b first";
const expectedUrl = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b";
registry.registerPath({ method: "get", path: "/groups/{groupId}/serverless/{name}" });
class Dto { @ApiProperty({ example: "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b" }) href: string; }
cy.intercept("GET", "/api/atlas/v2/groups/a/serverless/b", { fixture: "x" });
page.route("/api/atlas/v2/groups/a/serverless/b", (route) => route.abort());
