package across;

class Client {
    void call(String g, String n) {
        rest.getForObject(String.format(AtlasPaths.SNAPSHOTS, g, n), Page.class); // call: listServerlessBackupSnapshots GET
        rest.delete(AtlasPaths.instance(g, n)); // call: deleteServerlessInstance DELETE
        rest.delete(OtherPaths.instance(g, n));
    }
}
