using System.Runtime.InteropServices;

namespace GpuLoss.Cli.Training;

/// <summary>
/// Starts this program again with a variable in its environment. oneDNN reads its variables once, when libtorch is loaded, and .NET's own
/// setter does not reach native code.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>The variable that keeps oneDNN to the instructions of an older processor, and the value that avoids its wrong
    /// convolutions.</summary>
    public const string Variable = "ONEDNN_MAX_CPU_ISA";

    /// <inheritdoc cref="Variable"/>
    public const string Value = "AVX2";

    /// <summary>Tells the program that it was started again, so that it cannot do so for ever.</summary>
    private const string Marker = "GPULOSS_STARTED_AGAIN";

    /// <summary>Whether the program runs with the variable already, or was started again to do so.</summary>
    public static bool IsSet => Environment.GetEnvironmentVariable(Variable) == Value || Environment.GetEnvironmentVariable(Marker) != null;

    /// <summary>Replaces this process by the same command with the variable set: same terminal, same id, same signals. Returns only where
    /// that fails.</summary>
    public static void StartAgain()
    {
        if (!OperatingSystem.IsLinux() || SetVariable(Variable, Value, 1) != 0 || SetVariable(Marker, "1", 1) != 0)
            return;
        Console.Out.Flush();
        Console.Error.Flush();
        string?[] arguments = [.. File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1], null];
        _ = Execute("/proc/self/exe", arguments);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrites);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments);
}
