package backups;

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** Calls {@code GET https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b}. */
public class Clients {
    private static final String BASE = "https://cloud.mongodb.com/api/atlas/v2";
    private static final String SNAPSHOTS = BASE + "/groups/%s/serverless/%s/backup/snapshots";
    private final String root;

    public Clients(String root) { this.root = root; }

    String list(String group, String name) throws Exception {
        HttpRequest request = HttpRequest.newBuilder()
            .uri(URI.create(String.format(SNAPSHOTS, group, name))) // call: listServerlessBackupSnapshots GET
            .header("Accept", "application/json")
            .GET()
            .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }

    void restore(String group, String name, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(BASE + "/groups/" + group + "/serverless/" + name + "/backup/restoreJobs")) // call: createServerlessRestoreJob POST
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        http.send(request, BodyHandlers.discarding());
    }

    void connection(String group, String name) throws Exception {
        URL url = new URL(root + "/api/atlas/v2/groups/" + group + "/serverless/" + name);
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setRequestMethod("DELETE"); // call: deleteServerlessInstance DELETE
    }

    void okhttp(String group, String name) throws Exception {
        Request request = new Request.Builder()
            .url(BASE + "/groups/" + group + "/serverless/" + name) // call: updateServerlessInstance PATCH
            .patch(body)
            .build();
        client.newCall(request).execute();
        HttpUrl url = HttpUrl.parse(BASE).newBuilder().addPathSegment("groups").addPathSegment(group)
            .addPathSegments("serverless").addPathSegment(name).addPathSegments("backup/snapshots").build();
        client.newCall(new Request.Builder().url(url).get().build()).execute(); // call: listServerlessBackupSnapshots GET
    }

    void apache(String group, String name, String id) throws Exception {
        HttpGet get = new HttpGet(String.format(SNAPSHOTS, group, name) + "/" + id); // call: getServerlessBackupSnapshot GET
        client.execute(get);
        client.execute(new HttpPost("%s/groups/%s/serverless".formatted(BASE, group))); // call: createServerlessInstance POST
    }

    private String path(String group, String name, String rest) {
        return "/groups/" + group + "/serverless/" + name + rest;
    }

    private String call(String method, String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(BASE + path)).method(method, noBody()).build();
        return http.send(request, BodyHandlers.ofString()).body();
    }

    void wrapped(String group, String name) throws Exception {
        call("GET", path(group, name, "/backup/restoreJobs")); // call: listServerlessRestoreJobs GET
        call("DELETE", path(group, name, "")); // call: deleteServerlessInstance DELETE
    }

    void built(String group, String name) throws Exception {
        StringBuilder sb = new StringBuilder(BASE).append("/groups/").append(group);
        sb.append("/serverless/").append(name);
        client.execute(new HttpGet(sb.toString())); // call: getServerlessInstance GET
        String text = String.join("/", BASE, "groups", group, "serverless");
        client.execute(new HttpGet(text)); // call: listServerlessInstances GET
    }
}
