using System.Text.Json;
using System.Text.Json.Serialization;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Bench.Ptx;

/// <summary>The catalogue of device kernels as files.</summary>
internal static class PtxFiles
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Where the PTX of a kernel lies.</summary>
    public static string PathOf(string folder, string kernel) => Path.Combine(folder, kernel + ".ptx");

    /// <summary>Compiles every kernel that the library can pick and writes its PTX, and an index of those of the fused losses.</summary>
    /// <returns>The path of the index.</returns>
    public static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var kernel in ShapeKernel.All)
            File.WriteAllText(PathOf(folder, kernel.Name), PtxCompiler.Compile(kernel).Text);
        var entries = DeviceKernelCatalogue.All.Select(kernel =>
        {
            var ptx = PtxCompiler.Compile(kernel);
            File.WriteAllText(PathOf(folder, kernel.Name), ptx.Text);
            return new
            {
                File = kernel.Name + ".ptx",
                ptx.EntryPoint,
                kernel.Step,
                kernel.Form,
                Classes = kernel.Classes == DeviceKernel.AnyClasses ? (int?)null : kernel.Classes,
                kernel.Width,
                kernel.Logits,
                kernel.Squared,
                kernel.Transformed,
                kernel.Threads,
            };
        });
        var index = Path.Combine(folder, "index.json");
        File.WriteAllText(index, JsonSerializer.Serialize(entries, Json) + "\n");
        return index;
    }
}
