namespace Across;

public class Client
{
    public async Task Call(string g, string n)
    {
        await http.GetAsync(string.Format(AtlasPaths.Snapshots, g, n)); // call: listServerlessBackupSnapshots GET
        await http.DeleteAsync(AtlasPaths.Instance(g, n)); // call: deleteServerlessInstance DELETE
        await http.DeleteAsync(OtherPaths.Instance(g, n));
    }
}
