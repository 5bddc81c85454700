package across;

final class AtlasPaths {
    static final String SNAPSHOTS = "/api/atlas/v2/groups/%s/serverless/%s/backup/snapshots";

    static String instance(String g, String n) { return "/api/atlas/v2/groups/" + g + "/serverless/" + n; }
}
