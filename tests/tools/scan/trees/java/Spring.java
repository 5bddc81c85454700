package backups;

import org.springframework.http.HttpMethod;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.util.UriComponentsBuilder;

class Spring {
    @Value("${atlas.base}") private String base;
    private static final String INSTANCE = "/groups/{groupId}/serverless/{name}";

    void template(String group, String name) {
        rest.getForObject(base + INSTANCE + "/backup/snapshots", Page.class, group, name); // call: listServerlessBackupSnapshots GET
        rest.postForEntity(base + INSTANCE + "/backup/restoreJobs", job, Job.class, group, name); // call: createServerlessRestoreJob POST
        rest.exchange(base + INSTANCE, HttpMethod.PATCH, entity, Void.class, group, name); // call: updateServerlessInstance PATCH
        rest.delete(base + INSTANCE, group, name); // call: deleteServerlessInstance DELETE
        URI uri = UriComponentsBuilder.fromHttpUrl(base)
            .pathSegment("groups", group, "serverless", name, "backup", "restoreJobs")
            .queryParam("pageNum", 1).build().toUri();
        rest.getForEntity(uri, Page.class); // call: listServerlessRestoreJobs GET
    }

    void web(String group, String name) {
        client.get()
            .uri("/api/atlas/v2/groups/{groupId}/serverless/{name}", group, name) // call: getServerlessInstance GET
            .retrieve().bodyToMono(Instance.class);
        client.method(HttpMethod.POST)
            .uri(b -> b.path("/api/atlas/v2/groups/{g}/serverless/{n}/backup/restoreJobs").build(group, name)) // call: createServerlessRestoreJob POST
            .retrieve();
    }

    void jaxrs(String group, String name) {
        ClientBuilder.newClient().target("https://cloud.mongodb.com/api/atlas/v2")
            .path("groups").path(group).path("serverless").path(name).path("backup/snapshots")
            .request(MediaType.APPLICATION_JSON) // call: listServerlessBackupSnapshots GET
            .get(Page.class);
    }

    void sdk(CloudBackupsApi api, ServerlessInstancesApi instances) throws Exception {
        api.listServerlessBackups("a", "b", true, 100, 1); // call: listServerlessBackupSnapshots GET
        api.getServerlessBackupWithHttpInfo("a", "b", "c"); // call: getServerlessBackupSnapshot GET
        instances.listServerlessInstances("a").execute(); // call: listServerlessInstances GET
        jobs.stream().map(api::getServerlessRestoreJob); // call: getServerlessRestoreJob GET
    }
}

@FeignClient(name = "atlas", url = "https://cloud.mongodb.com")
interface Feign {
    @GetMapping("/api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots") // call: listServerlessBackupSnapshots GET
    Page list(@PathVariable String groupId, @PathVariable String name);

    @RequestLine("POST /api/atlas/v2/groups/{groupId}/serverless/{name}/backup/restoreJobs") // call: createServerlessRestoreJob POST
    Job restore(@Param("groupId") String groupId);
}

interface Retrofit {
    @GET("api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots") // call: listServerlessBackupSnapshots GET
    Call<Page> list(@Path("groupId") String groupId, @Path("name") String name);

    @HTTP(method = "DELETE", path = "api/atlas/v2/groups/{groupId}/serverless/{name}") // call: deleteServerlessInstance DELETE
    Call<Void> drop(@Path("groupId") String groupId);
}

@HttpExchange(url = "/api/atlas/v2/groups/{groupId}/serverless/{name}/backup")
interface Exchanged {
    @GetExchange("/snapshots") // call: listServerlessBackupSnapshots GET
    Page list();

    @PostExchange("/restoreJobs") // call: createServerlessRestoreJob POST
    Job restore();
}
