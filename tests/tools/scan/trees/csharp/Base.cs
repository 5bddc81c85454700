namespace Backups;

public class Base
{
    public async Task All(string g, string n)
    {
        var client = new HttpClient { BaseAddress = new Uri($"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/serverless/{n}/") };
        await client.GetAsync("backup/snapshots"); // call: listServerlessBackupSnapshots GET
        var other = new HttpClient();
        other.BaseAddress = new Uri($"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/");
        await other.DeleteAsync($"serverless/{n}"); // call: deleteServerlessInstance DELETE
        var request = new RestRequest("groups/{g}/serverless/{n}/backup/restoreJobs").AddUrlSegment("g", g);
        await rest.PostAsync(request); // call: createServerlessRestoreJob POST
    }
}
