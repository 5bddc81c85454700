namespace Backups;

// await http.GetAsync("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b");
[ApiController]
[Route("api/atlas/v2/groups/{group}/serverless")]
public class Quiet : ControllerBase
{
    /// <example>https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b</example>
    [SwaggerSchema(Description = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")]
    public string Href { get; set; }

    [HttpGet("/api/atlas/v2/groups/{group}/serverless/{name}/backup/snapshots")]
    public Page List(string group) => new();

    public void Map(WebApplication app)
    {
        app.MapGet("/api/atlas/v2/groups/{group}/serverless/{name}", () => "x");
        app.MapPost("/groups/{group}/serverless/{name}/backup/restoreJobs", Create);
    }

    [Fact]
    public void Test()
    {
        Assert.Equal("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b", url);
        url.Should().Be("/groups/a/serverless/b");
        handler.When("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b").Respond("application/json");
        mock.Setup(x => x.ListServerlessBackupsAsync("a", "b")).ReturnsAsync(page);
        mock.Verify(x => x.ListServerlessBackupsAsync("a", "b"), Times.Once);
        if (url == "/groups/a/serverless/b") return;
        Console.WriteLine($"/groups/{a}/serverless/{b}");
        logger.LogInformation("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b");
        switch (path) { case "/groups/a/serverless/b": break; }
    }

    public async Task Other(string g)
    {
        await http.GetAsync($"https://functions.example.net/groups/{g}/serverless/x");
        await http.GetAsync($"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/flexClusters");
        await http.GetAsync("/api/serverless/backup/snapshots");
    }
}

public class QuietTest
{
    public void Test()
    {
        var expected = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b";
        server.Given(Request.Create().WithPath("/api/atlas/v2/groups/a/serverless/b").UsingGet()).RespondWith(Response.Create());
        handler.Expect(HttpMethod.Get, "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b").Respond("x");
        mock.Setup(x => x.GetAsync("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")).ReturnsAsync(reply);
    }
}
