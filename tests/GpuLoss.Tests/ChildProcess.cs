using System.Diagnostics;

namespace GpuLossTests;

/// <summary>Runs some of these tests in a process of their own, with an environment of its own.</summary>
internal static class ChildProcess
{
    /// <summary>Runs test classes and fails if any of their tests does, or if there is none.</summary>
    /// <param name="classes">Their names, without the namespace.</param>
    /// <param name="environment">Variables to set.</param>
    public static async Task RunTests(IEnumerable<string> classes, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in classes)
        {
            start.ArgumentList.Add("--filter-class");
            start.ArgumentList.Add($"{nameof(GpuLossTests)}.{name}");
        }

        start.ArgumentList.Add("--progress");
        start.ArgumentList.Add("off");
        start.ArgumentList.Add("--results-directory");
        start.ArgumentList.Add(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{output}\n{await errors}");
    }
}
