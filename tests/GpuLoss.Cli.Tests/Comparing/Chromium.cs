using System.Diagnostics;
using System.Globalization;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>Debian's browser without a window, with a profile of its own for each use.</summary>
internal static class Chromium
{
    private const string Program = "/usr/bin/chromium";

    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Shows a page and returns what it looks like, as a PNG, and what the page's console said.</summary>
    public static (byte[] Png, IReadOnlyList<string> Errors) Screenshot(string page, int width)
    {
        var png = Path.ChangeExtension(page, ".png");
        var (_, log) = Run(page, width, $"--screenshot={png}");
        return (File.ReadAllBytes(png), [.. log.Split('\n').Where(line => line.Contains(":CONSOLE", StringComparison.Ordinal))]);
    }

    /// <summary>The document after its scripts have run.</summary>
    public static string Document(string page, int width) => Run(page, width, "--dump-dom").Output;

    private static (string Output, string Log) Run(string page, int width, string what)
    {
        var profile = Directory.CreateTempSubdirectory("gpuloss-chromium-").FullName;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(
                Program,
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", $"--user-data-dir={profile}",
                    "--enable-logging=stderr",
                    string.Create(CultureInfo.InvariantCulture, $"--window-size={width},2000"), what, new Uri(page).AbsoluteUri,
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var log = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = process.StandardOutput.ReadToEnd();
            Assert.True(process.WaitForExit(60_000));
            Assert.Equal(0, process.ExitCode);
            return (output, log.Result);
        }
        finally
        {
            Remove(profile);
        }
    }

    /// <summary>The browser's helper processes may write for a moment after it has ended.</summary>
    private static void Remove(string profile)
    {
        for (var attempt = 0; Directory.Exists(profile) && attempt < 50; attempt++)
        {
            try
            {
                Directory.Delete(profile, recursive: true);
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }
    }
}
