class Each {
  async Task All(HttpClient http, string g, string n) {
    foreach (var kind in new[] { "snapshots", "restoreJobs" }) {
      await http.GetAsync($"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/serverless/{n}/backup/{kind}"); // call: listServerlessBackupSnapshots GET, listServerlessRestoreJobs GET
    }
  }
}
