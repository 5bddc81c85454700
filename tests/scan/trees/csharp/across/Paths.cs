namespace Across;

public static class AtlasPaths
{
    public const string Snapshots = "groups/{0}/serverless/{1}/backup/snapshots";
    public static string Instance(string g, string n) => $"groups/{g}/serverless/{n}";
}
