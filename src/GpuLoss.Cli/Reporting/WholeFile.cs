namespace GpuLoss.Cli.Reporting;

/// <summary>Files that are there as a whole or as they were before: what is written stands beside its place until it is complete.</summary>
internal static class WholeFile
{
    /// <summary>Writes a text.</summary>
    public static void Write(string path, string text) => Write(path, beside => File.WriteAllText(beside, text));

    /// <summary>Lets something be written.</summary>
    public static void Write(string path, Action<string> write)
    {
        var beside = path + ".new";
        write(beside);
        File.Move(beside, path, overwrite: true);
    }
}
