#:property PublishAot=false
// Plants the faults of faults.txt into a copy of the repository, one at a time, and shows which test notices. See tests/README.md.
// From the repository's root: dotnet run tests/mutations/check.cs [-- ID ...]
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

const string Table = "tests/mutations/faults.txt";
const int TestSeconds = 300;

// Not below the repository, where BenchmarkDotNet looks for projects; and one for each clone.
var clone = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Directory.GetCurrentDirectory())));
var copy = Path.Combine(Path.GetTempPath(), $"gpuloss-mutations-{clone[..8]}");

var faults = Fault.ReadAll(Table);
var chosen = args.Length == 0 ? faults
    : [.. args.Select(id => faults.SingleOrDefault(fault => fault.Id == id) ?? throw new ArgumentException($"{Table} has no fault {id}."))];
foreach (var fault in faults)
    fault.CheckPlace(".");

Repository.CopyTo(copy);
var commit = Repository.Head();
var report = $"bench/results/mutations-{DateTime.Now:yyyy-MM-dd}.md";
var suite = new Suite(copy, TestSeconds);
var outcomes = new Dictionary<string, Outcome>();
foreach (var fault in chosen)
{
    suite.MustPass(fault.Project, fault.Classes);
    var outcome = Check(fault);
    outcomes.Add(fault.Id, outcome);
    Report.Write(report, commit, faults, outcomes);
    Console.WriteLine($"{outcome.Verdict,-16} {fault.Id,-32} {outcome.By} ({outcome.Seconds:F0} s)");
}

return outcomes.Values.All(outcome => outcome.Verdict == Verdict.Killed) ? 0 : 1;

Outcome Check(Fault fault)
{
    var clock = Stopwatch.StartNew();
    var path = Path.Combine(copy, fault.File);
    var original = File.ReadAllText(path);
    File.WriteAllText(path, original.Replace(fault.Original, fault.Planted, StringComparison.Ordinal));
    try
    {
        var (verdict, by) = suite.Builds(fault.Project, out var error) ? suite.Verdict(fault.Project, fault.Classes)
            : (Verdict.DoesNotCompile, error);
        return new Outcome(verdict, by, clock.Elapsed.TotalSeconds);
    }
    finally
    {
        File.WriteAllText(path, original);
    }
}

/// <summary>What became of a fault.</summary>
enum Verdict
{
    Killed,
    Survived,
    DoesNotCompile,
}

/// <param name="Verdict">What became of it.</param>
/// <param name="By">The test that noticed first, or what the compiler said.</param>
/// <param name="Seconds">How long that took, with the build.</param>
sealed record Outcome(Verdict Verdict, string By, double Seconds);

/// <param name="Id">Its name.</param>
/// <param name="Meaning">What is wrong.</param>
/// <param name="File">The file it is planted in.</param>
/// <param name="Project">The test project that should notice.</param>
/// <param name="Classes">The test classes that should.</param>
/// <param name="Original">What the file says, once.</param>
/// <param name="Planted">What stands there instead.</param>
sealed record Fault(string Id, string Meaning, string File, string Project, string[] Classes, string Original, string Planted)
{
    /// <summary>Reads the table: blocks of an id and a meaning, a file, a test project and its classes, and lines to take out (-) and to
    /// put in (+).</summary>
    public static IReadOnlyList<Fault> ReadAll(string path)
    {
        Fault[] all = [.. System.IO.File.ReadAllText(path).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').ToArray())
            .Where(lines => lines.Length > 0).Select(Read)];
        return all.DistinctBy(fault => fault.Id).Count() == all.Length ? all
            : throw new InvalidDataException($"{path}: an id stands there twice.");
    }

    /// <summary>Throws unless the original text occurs exactly once.</summary>
    public void CheckPlace(string root)
    {
        var found = System.IO.File.ReadAllText(Path.Combine(root, File)).Split(Original).Length - 1;
        if (found != 1)
            throw new InvalidDataException($"{Id}: {File} has the original text {found} times, not once.");
    }

    private static Fault Read(string[] lines)
    {
        var (name, tests) = (lines[0].Split(": ", 2), lines[2].Split(' '));
        string Text(char sign) => string.Join('\n', lines.Skip(3).Where(line => line[0] == sign).Select(line => line[1..]));
        return new Fault(name[0], name[1], lines[1], tests[0], tests[1..], Text('-'), Text('+'));
    }
}

/// <summary>The files that git knows or would take.</summary>
static class Repository
{
    public static void CopyTo(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var files = Command.Run("git", ["ls-files", "-co", "--exclude-standard"], ".")
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var file in files.Where(File.Exists))
        {
            var place = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Copy(file, place);
        }
    }

    public static string Head() => Command.Run("git", ["rev-parse", "--short", "HEAD"], ".").Output.Trim();
}

/// <summary>Builds and runs tests of the copy.</summary>
sealed class Suite(string root, int testSeconds)
{
    private readonly HashSet<string> passed = [];

    /// <summary>Throws unless the tests pass without a fault: those that always fail would kill everything.</summary>
    public void MustPass(string project, string[] classes)
    {
        if (!passed.Add($"{project} {string.Join(' ', classes)}"))
            return;
        Command.Run("dotnet", ["restore", $"tests/{project}", "-v", "quiet"], root);
        if (!Builds(project, out var error))
            throw new InvalidOperationException($"{project} does not build: {error}");
        var run = Run(project, classes);
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{project} {string.Join(' ', classes)} fails without a fault:\n{run.Output}");
    }

    /// <summary>Builds a test project. No analyser looks at a fault: tests have to find it.</summary>
    public bool Builds(string project, out string error)
    {
        var run = Command.Run(
            "dotnet", ["build", "-c", "Release", "--no-restore", $"tests/{project}", "-p:RunAnalyzers=false",
                "-p:TreatWarningsAsErrors=false", "-v", "quiet"],
            root);
        error = Regex.Match(run.Output, "error .*").Value;
        return run.ExitCode == 0;
    }

    /// <summary>Whether a test fails now, and which.</summary>
    public (Verdict Verdict, string By) Verdict(string project, string[] classes)
    {
        var run = Run(project, classes);
        if (run.ExitCode == 0)
            return (global::Verdict.Survived, "");
        var test = Regex.Match(run.Output, @"^failed (.*?) \([^()]*\)\s*$", RegexOptions.Multiline);
        return (global::Verdict.Killed,
            test.Success ? test.Groups[1].Value : run.ExitCode is { } code ? $"the process, by exit code {code}" : "the time limit");
    }

    private (int? ExitCode, string Output) Run(string project, string[] classes) => Command.Run(
        "dotnet",
        ["run", "-c", "Release", "--no-build", "--project", $"tests/{project}", "--", "--filter-class", .. classes, "--stop-on-fail", "on",
            "--no-ansi"],
        root, testSeconds);
}

/// <summary>Other programs.</summary>
static class Command
{
    /// <summary>Runs one to its end; the exit code is null where that did not come in time.</summary>
    public static (int? ExitCode, string Output) Run(string program, string[] arguments, string folder, int seconds = 3600)
    {
        var start = new ProcessStartInfo(
            program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        void Take(object sender, DataReceivedEventArgs line)
        {
            lock (output)
                output.Append(line.Data).Append('\n');
        }

        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.WaitForExit();
            return (process.ExitCode, output.ToString());
        }

        process.Kill(entireProcessTree: true);
        lock (output)
            return (null, output.ToString());
    }
}

/// <summary>The table of outcomes.</summary>
static class Report
{
    /// <summary>Writes it. Of faults that this run left out, the row of an earlier run stays.</summary>
    public static void Write(string path, string commit, IReadOnlyList<Fault> faults, IReadOnlyDictionary<string, Outcome> outcomes)
    {
        var rows = File.Exists(path)
            ? File.ReadLines(path).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToDictionary(line => line.Split('`')[1])
            : [];
        foreach (var fault in faults.Where(fault => outcomes.ContainsKey(fault.Id)))
        {
            var outcome = outcomes[fault.Id];
            var by = outcome.By.Replace('|', '/');
            rows[fault.Id] = $"| `{fault.Id}` | {fault.Meaning} | {Path.GetFileName(fault.File)} | {outcome.Verdict} | {by} | "
                + $"{outcome.Seconds:F0} | {commit} |";
        }

        string[] there = [.. faults.Where(fault => rows.ContainsKey(fault.Id)).Select(fault => rows[fault.Id])];
        File.WriteAllLines(path,
        [
            "# Planted faults", "",
            $"{there.Count(row => row.Contains($"| {Verdict.Killed} |", StringComparison.Ordinal))} "
                + $"of {faults.Count} faults of `tests/mutations/faults.txt` are killed. "
                + "Seconds are those of the build and of the tests up to the first that fails.", "",
            "| Fault | What is wrong | File | Outcome | First failing test | s | At commit |", "|---|---|---|---|---|---:|---|", .. there,
        ]);
    }
}
