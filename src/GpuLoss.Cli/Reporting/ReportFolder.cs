namespace GpuLoss.Cli.Reporting;

/// <summary>The folder of a report.</summary>
internal static class ReportFolder
{
    /// <summary>Makes the folder and writes into it, before a training whose result would have nowhere to go.</summary>
    /// <exception cref="InputException">That cannot be done.</exception>
    public static void Check(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(
                Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"--out {folder}: the report cannot be written there. {exception.Message.ReplaceLineEndings(" ")}");
        }
    }
}
