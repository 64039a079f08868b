using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuLoss.TestHosts;

/// <summary>
/// Part of every test program. Test programs run side by side, and OpenMP's threads would spin while they wait, on the processors of the
/// others. libgomp reads the variable once, when libtorch is loaded; .NET's own setter reaches child processes only.
/// </summary>
internal static partial class PassiveWaiting
{
    private const string Variable = "OMP_WAIT_POLICY";
    private const string Value = "passive";

#pragma warning disable CA2255 // These are programs, not libraries.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Set()
    {
        Environment.SetEnvironmentVariable(Variable, Value);
        if (OperatingSystem.IsLinux())
            _ = SetVariable(Variable, Value, 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrites);
}
