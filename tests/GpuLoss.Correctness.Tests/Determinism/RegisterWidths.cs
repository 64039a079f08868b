using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>Runs a test in processes that use narrower registers, and reads what it writes.</summary>
internal static class RegisterWidths
{
    /// <summary>Which instructions .NET is told to do without, and the widest registers that are left.</summary>
    public static IReadOnlyDictionary<string, HostRegisters> Without { get; } = new Dictionary<string, HostRegisters>
    {
        ["DOTNET_EnableAVX512"] = HostRegisters.Vector256,
        ["DOTNET_EnableAVX2"] = HostRegisters.Vector128,
        ["DOTNET_EnableHWIntrinsic"] = HostRegisters.Vector128,
    };

    /// <summary>The lines that a test class writes to the file that a variable names.</summary>
    public static async Task<IReadOnlyList<T>> LinesOf<T>(
        string testClass, string variable, string instructions, HostRegisters registers, Func<string, T> parse)
    {
        var path = Path.GetTempFileName();
        try
        {
            var expected = registers < HostPath.Expected ? registers : HostPath.Expected;
            await ChildProcess.RunTests(
                [testClass], new Dictionary<string, string> { [instructions] = "0", [HostPath.Variable] = expected.ToString(), [variable] = path });
            return [.. File.ReadLines(path).Select(parse)];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
