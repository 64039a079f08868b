using System.Globalization;
using System.Text.RegularExpressions;
using GpuLoss.Kernels.Device;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>The arguments of a launch against the kernel's own declaration.</summary>
internal static partial class LaunchArguments
{
    /// <summary>Asserts that a launch has as many bytes of arguments as the kernel declares parameters.</summary>
    public static void AssertFit(RecordedLaunch launch, DeviceKernel kernel)
    {
        var ptx = PtxCompiler.Compile(kernel).Text;
        var entry = ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..];
        var size = 0;
        foreach (Match parameter in Parameter().Matches(entry[..entry.IndexOf(')', StringComparison.Ordinal)]))
        {
            var bits = parameter.Groups["bits"].Value;
            var bytes = parameter.Groups["length"].Success
                ? int.Parse(parameter.Groups["length"].Value, CultureInfo.InvariantCulture)
                : int.Parse(bits, CultureInfo.InvariantCulture) / 8;
            var alignment = parameter.Groups["align"].Success ? int.Parse(parameter.Groups["align"].Value, CultureInfo.InvariantCulture)
                : bytes;
            size = (size + alignment - 1) / alignment * alignment + bytes;
        }

        Assert.NotEqual(0, size);
        Assert.Equal(size, launch.Arguments.Length);
    }

    [GeneratedRegex(@"\.param\s+(\.align\s+(?<align>\d+)\s+)?\.[bsuf](?<bits>\d+)\s+\w+(\[(?<length>\d+)\])?")]
    private static partial Regex Parameter();
}
