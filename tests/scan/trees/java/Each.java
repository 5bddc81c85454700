class Each {
  void all(RestTemplate rest, String g, String n) {
    for (String kind : new String[] {"snapshots", "restoreJobs"}) {
      rest.getForObject("https://cloud.mongodb.com/api/atlas/v2/groups/" + g + "/serverless/" + n + "/backup/" + kind, String.class); // call: listServerlessBackupSnapshots GET, listServerlessRestoreJobs GET
    }
  }
}
