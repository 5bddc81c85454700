namespace Backups;

public static class Routes
{
    public const string Snapshots = "groups/{0}/serverless/{1}/backup/snapshots";
}

public class More
{
    public async Task All(string g, string n)
    {
        client.BaseAddress = new Uri("https://cloud.mongodb.com/api/atlas/v2/");
        await client.GetAsync(string.Format(Routes.Snapshots, g, n)); // call: listServerlessBackupSnapshots GET
        await client.SendAsync(new HttpRequestMessage(new HttpMethod("PATCH"), $"groups/{g}/serverless/{n}")); // call: updateServerlessInstance PATCH
        await client.GetAsync(string.Join('/', Base, "groups", g, "serverless", n)); // call: getServerlessInstance GET
        await client.GetAsync(QueryHelpers.AddQueryString($"{Base}/groups/{g}/serverless", "pageNum", "1")); // call: listServerlessInstances GET
        var url = kind switch { "list" => $"{Base}/groups/{g}/serverless/{n}/backup/restoreJobs", _ => "" }; // call: listServerlessRestoreJobs ?
        Task<string> Local(string rest) => client.GetStringAsync($"{Base}/groups/{g}/serverless/{n}{rest}"); // call: getServerlessInstance GET
        await Local("/backup/snapshots"); // call: listServerlessBackupSnapshots GET
        File.ReadAllText($"groups/{g}/serverless/{n}");
        throw new ArgumentException($"/groups/{g}/serverless/{n}");
    }

    [Theory, InlineData("/groups/a/serverless/b")]
    public void Test(string path) => path.StartsWith("/groups/a/serverless/b");
}
