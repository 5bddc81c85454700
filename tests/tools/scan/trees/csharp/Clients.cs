using System.Net.Http;
using System.Net.Http.Json;
using RestSharp;
using Flurl;
using Flurl.Http;

namespace Backups;

/// <summary>GET https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b</summary>
public class Clients(HttpClient http)
{
    private const string Base = "https://cloud.mongodb.com/api/atlas/v2";
    private static string Instance(string group, string name) => $"{Base}/groups/{group}/serverless/{name}";
    private string Snapshots { get; } = Base + "/groups/{0}/serverless/{1}/backup/snapshots";

    public async Task<Page?> List(string group, string name)
    {
        var url = string.Format(Snapshots, group, name);
        return await http.GetFromJsonAsync<Page>(url); // call: listServerlessBackupSnapshots GET
    }

    public async Task Restore(string group, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Instance(group, name)}/backup/restoreJobs"); // call: createServerlessRestoreJob POST
        request.Content = JsonContent.Create(new { deliveryType = "automated" });
        await http.SendAsync(request);
        await http.PostAsJsonAsync(Instance(group, name) + "/backup/restoreJobs", new { }); // call: createServerlessRestoreJob POST
    }

    public Task Drop(string group, string name) => http.DeleteAsync(Instance(group, Uri.EscapeDataString(name))); // call: deleteServerlessInstance DELETE

    public async Task Initialised(string group, string name)
    {
        var request = new HttpRequestMessage // call: updateServerlessInstance PATCH
        {
            Method = HttpMethod.Patch,
            RequestUri = new Uri($"{Base}/groups/{group}/serverless/{name}"),
        };
        await http.SendAsync(request);
        var builder = new UriBuilder(Base) { Path = $"/api/atlas/v2/groups/{group}/serverless" }; // call: listServerlessInstances ?
        await http.GetStringAsync(builder.Uri);
        var relative = new Uri(new Uri(Base + "/"), $"groups/{group}/serverless/{name}/backup/restoreJobs");
        var reply = await http.GetAsync(relative); // call: listServerlessRestoreJobs GET
    }

    public async Task Others(string group, string name)
    {
        var request = new RestRequest("groups/{group}/serverless/{name}/backup/snapshots", Method.Get); // call: listServerlessBackupSnapshots GET
        await client.ExecuteAsync(request);
        var later = new RestRequest($"/groups/{group}/serverless/{name}");
        later.Method = Method.Delete; // call: deleteServerlessInstance DELETE
        await Base.AppendPathSegments("groups", group, "serverless", name, "backup", "snapshots").GetJsonAsync<Page>(); // call: listServerlessBackupSnapshots GET
        await $"{Base}/groups/{group}/serverless".PostJsonAsync(new { name }); // call: createServerlessInstance POST
        var web = WebRequest.Create(@"https://cloud.mongodb.com/api/atlas/v2/groups/" + group + @"/serverless"); // call: listServerlessInstances ?
        await http.GetAsync($$"""{{Base}}/groups/{{group}}/serverless/{{name}}/backup/snapshots"""); // call: listServerlessBackupSnapshots GET
        var sb = new StringBuilder(Base);
        sb.Append("/groups/").Append(group).Append("/serverless/").Append(name);
        await http.GetAsync(sb.ToString()); // call: getServerlessInstance GET
    }

    private async Task<T> Send<T>(HttpMethod method, string path)
    {
        var reply = await http.SendAsync(new HttpRequestMessage(method, $"{Base}/{path}"));
        return await reply.Content.ReadFromJsonAsync<T>();
    }

    public Task<Page> Wrapped(string group, string name) =>
        Send<Page>(HttpMethod.Get, $"groups/{group}/serverless/{name}/backup/restoreJobs"); // call: listServerlessRestoreJobs GET
}
