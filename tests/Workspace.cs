using System.Diagnostics;

namespace GpuLossTests;

/// <summary>A folder of its own outside the repository: none of the repository's build settings reach what is built in it.</summary>
internal sealed class Workspace : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly string[] Foreign = ["MSBUILD", "DOTNET_CLI_TEST", "TESTINGPLATFORM"];

    internal string Folder { get; } = Directory.CreateTempSubdirectory("gpuloss-test-").FullName;

    internal string PathOf(string relative) => Path.Combine(Folder, relative);

    internal void Write(string relative, string text) => File.WriteAllText(PathOf(relative), text);

    /// <summary>Runs a program in this folder and returns all it printed; fails the test where the program fails or hangs.</summary>
    internal Task<string> Run(string program, params string[] arguments) => RunIn(Folder, program, arguments);

    /// <summary>The same in another folder.</summary>
    internal static async Task<string> RunIn(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The build and the test run around these tests must not leak into those they start: a report of theirs would take the place of one
        // of ours. Nor may servers that outlive those keep the pipes open.
        foreach (var name in start.Environment.Keys.Where(name =>
            Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            var all = await output + await errors;
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{all}");
            return all;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Patience}.");
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
