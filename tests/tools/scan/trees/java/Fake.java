package backups;

class Fake implements Backups {
    public Page listServerlessBackups(String group, String name) { return new Page(); }

    public Page twice(String group) { return listServerlessBackups(group, "x"); }

    public Page again(String group) { return this.listServerlessBackups(group, "x"); }

    String template = """
        https://cloud.mongodb.com/api/atlas/v2/groups/%s/serverless/%s/backup/snapshots""";

    Page text(String group, String name) {
        return http.get(template.formatted(group, name)); // call: listServerlessBackupSnapshots GET
    }

    void run() throws Exception {
        new ProcessBuilder("atlas", "serverless", "describe", "x").start(); // call: getServerlessInstance GET
        Runtime.getRuntime().exec("atlas serverless list"); // call: listServerlessInstances GET
        Runtime.getRuntime().exec(new String[] {"curl", "-X", "POST", "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless"}); // call: createServerlessInstance POST
    }
}
