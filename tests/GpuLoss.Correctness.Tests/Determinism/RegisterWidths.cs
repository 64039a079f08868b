using System.Collections.Concurrent;
using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>
/// Runs the tests of numbers in processes that use narrower registers, and keeps what they write. All who ask get the same process: .NET
/// without the instructions that it was compiled for takes longer to start than most of the tests take.
/// </summary>
internal static class RegisterWidths
{
    private static readonly ConcurrentDictionary<string, Task<IReadOnlyDictionary<string, string[]>>> Runs = new();

    /// <summary>Which instructions .NET is told to do without, and the widest registers that are left.</summary>
    public static IReadOnlyDictionary<string, HostRegisters> Without { get; } = new Dictionary<string, HostRegisters>
    {
        ["DOTNET_EnableAVX512"] = HostRegisters.Vector256,
        ["DOTNET_EnableAVX2"] = HostRegisters.Vector128,
        ["DOTNET_EnableHWIntrinsic"] = HostRegisters.Vector128,
    };

    /// <summary>Runs the tests without some instructions, once, and gives the lines that they wrote by the variable that named the
    /// file.</summary>
    public static Task<IReadOnlyDictionary<string, string[]>> Run(string instructions) => Runs.GetOrAdd(instructions, Start);

    /// <summary>The lines that a test class writes to the file that a variable names.</summary>
    public static async Task<IReadOnlyList<T>> LinesOf<T>(string variable, string instructions, Func<string, T> parse) =>
        [.. (await Run(instructions))[variable].Select(parse)];

    private static async Task<IReadOnlyDictionary<string, string[]>> Start(string instructions)
    {
        var registers = Without[instructions];
        var expected = registers < HostPath.Expected ? registers : HostPath.Expected;
        string[] writers = [nameof(AccuracyReportTests), nameof(RegisterWidthTests)];
        string[] readers = NarrowRegisterTests.Without.Contains(instructions) ? NarrowRegisterTests.Classes : [];
        var files = new[] { AccuracyReportTests.Variable, RegisterWidthTests.Variable }.ToDictionary(variable => variable, _ =>
            Path.GetTempFileName());
        try
        {
            await ChildProcess.RunTests(
                [.. writers, .. readers],
                new Dictionary<string, string>(files) { [instructions] = "0", [HostPath.Variable] = expected.ToString() });
            return files.ToDictionary(file => file.Key, file => File.ReadAllLines(file.Value));
        }
        finally
        {
            foreach (var file in files.Values)
                File.Delete(file);
        }
    }
}
