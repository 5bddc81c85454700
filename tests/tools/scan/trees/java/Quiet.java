package backups;

// HttpGet("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")
@RestController
@RequestMapping("/api/atlas/v2")
class Quiet {
    /** Example: https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b */
    @ApiModelProperty(example = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")
    @Schema(description = "x", example = "/api/atlas/v2/groups/a/serverless/b")
    private String href;

    @GetMapping("/groups/{groupId}/serverless/{name}/backup/snapshots")
    Page serve(@PathVariable String groupId) { return null; }

    @Path("/api/atlas/v2/groups/{groupId}/serverless/{name}")
    void jax() {}

    void test() {
        assertEquals("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b", url);
        assertThat(url).isEqualTo("/groups/a/serverless/b");
        stubFor(get(urlEqualTo("/api/atlas/v2/groups/a/serverless/b")).willReturn(ok()));
        mvc.perform(get("/groups/a/serverless/b")).andExpect(status().isOk());
        when(api.listServerlessBackups("a", "b")).thenReturn(page);
        verify(api).createServerlessBackupRestoreJob("a", "b", job);
        doReturn(page).when(api).listServerlessBackups(any(), any());
        log.info("/groups/a/serverless/b");
        System.out.println("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b");
        if (path.equals("/groups/a/serverless/b")) return;
        throw new IllegalStateException("/groups/a/serverless/b");
    }

    void other(String g) {
        rest.getForObject("https://serverless.example.org/groups/" + g + "/serverless/x", String.class);
        rest.getForObject("https://cloud.mongodb.com/api/atlas/v2/groups/{g}/clusters/{n}/backup/snapshots", String.class);
        lambda.listServerlessApplications();
        Files.readString(java.nio.file.Path.of("docs", "serverless", "backup"));
    }
}

class QuietTest {
    void test() {
        String expected = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b";
        server.expect(requestTo("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")).andRespond(withSuccess());
        mockServer.when(request().withMethod("GET").withPath("/api/atlas/v2/groups/a/serverless/b")).respond(response());
    }
}
