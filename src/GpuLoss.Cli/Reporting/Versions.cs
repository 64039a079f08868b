using System.Reflection;

namespace GpuLoss.Cli.Reporting;

/// <summary>The versions of the parts.</summary>
internal static class Versions
{
    public static string GpuLoss { get; } = Of(typeof(nn).Assembly);

    public static string TorchSharp { get; } = Of(typeof(TorchSharp.torch).Assembly);

    private static string Of(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? assembly.GetName().Version!.ToString();
}
