using Refit;

namespace Backups;

public interface IAtlas
{
    [Get("/api/atlas/v2/groups/{group}/serverless/{name}/backup/snapshots")] // call: listServerlessBackupSnapshots GET
    Task<Page> List(string group, string name);

    [Post("/api/atlas/v2/groups/{group}/serverless/{name}/backup/restoreJobs")] // call: createServerlessRestoreJob POST
    Task<Job> Restore(string group, string name, [Body] Job job);
}

public class Sdk(CloudBackupsApi api, IServerlessInstancesApi instances)
{
    public async Task All(string group, string name)
    {
        var page = await api.ListServerlessBackupsAsync(group, name); // call: listServerlessBackupSnapshots GET
        var one = api.GetServerlessBackupWithHttpInfo(group, name, "x"); // call: getServerlessBackupSnapshot GET
        await instances.ListServerlessInstancesOrDefaultAsync(group); // call: listServerlessInstances GET
        await api?.CreateServerlessBackupRestoreJobAsync(group, name, job); // call: createServerlessRestoreJob POST
        Process.Start("atlas", "serverless list -o json"); // call: listServerlessInstances GET
        await flex.ListFlexBackupsAsync(group, name);
    }
}
