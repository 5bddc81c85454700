package backups;

@RegisterRestClient(baseUri = "https://cloud.mongodb.com")
@Path("/api/atlas/v2/groups/{groupId}/serverless")
interface Registered {
    @GET
    @Path("/{name}/backup/snapshots") // call: listServerlessBackupSnapshots GET
    Page list(@PathParam("groupId") String group);
}

class More {
    enum Endpoint {
        JOBS("/api/atlas/v2/groups/{g}/serverless/{n}/backup/restoreJobs"); // call: listServerlessRestoreJobs ?

        final String path;

        Endpoint(String path) { this.path = path; }
    }

    void more(String g, String n) throws Exception {
        URI uri = new URIBuilder("https://cloud.mongodb.com").setPathSegments("api", "atlas", "v2", "groups", g, "serverless").build();
        client.execute(new HttpGet(uri)); // call: listServerlessInstances GET
        Unirest.post("https://cloud.mongodb.com/api/atlas/v2/groups/{g}/serverless/{n}/backup/restoreJobs") // call: createServerlessRestoreJob POST
            .routeParam("g", g).asJson();
        String url = flag ? BASE + "/groups/" + g + "/serverless/" + n : BASE + "/groups/" + g + "/clusters/" + n;
        given().auth().digest().when().delete(url); // call: deleteServerlessInstance DELETE
        Function<String, String> path = rest -> BASE + "/groups/" + g + "/serverless/" + n + rest; // call: getServerlessInstance ?
        new File("groups/a/serverless/b").exists();
        Paths.get("groups", g, "serverless", n).toFile();
    }
}
