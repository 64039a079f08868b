using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace GpuLoss.Bench.Gpu;

/// <summary>The Python of this machine that has PyTorch, whose libtorch TorchSharp can borrow.</summary>
/// <param name="Program">The interpreter.</param>
/// <param name="Version">PyTorch's version.</param>
/// <param name="Folders">Where its native libraries are, and those of CUDA that it brings.</param>
internal sealed record PythonTorch(string Program, string Version, IReadOnlyList<string> Folders)
{
    /// <summary>The interpreter that is asked unless another is named.</summary>
    public const string DefaultProgram = "python3";

    /// <summary>The environment variable that names another.</summary>
    public const string ProgramVariable = "GPULOSS_PYTHON";

    private const string Question = """
        import glob, json, os, torch
        root = os.path.dirname(torch.__file__)
        cuda = glob.glob(os.path.join(os.path.dirname(root), "nvidia", "**", "lib"), recursive=True)
        print(json.dumps({"Version": torch.__version__, "Folders": [os.path.join(root, "lib"), *cuda]}))
        """;

    /// <summary>Asks an interpreter.</summary>
    /// <returns>PyTorch, or why there is none.</returns>
    public static (PythonTorch? Found, string WhyNot) Find(string program)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-c", Question])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var answer = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? (JsonSerializer.Deserialize<PythonTorch>(answer)! with { Program = program }, "")
                : (null, $"{program}: {error.Result.TrimEnd().Split('\n')[^1]}");
        }
        catch (Win32Exception exception)
        {
            return (null, $"{program}: {exception.Message}");
        }
    }

    /// <summary>The environment in which TorchSharp finds PyTorch's libtorch: the loader reads it when a process starts.</summary>
    public Dictionary<string, string> LoaderPath() => new()
    {
        ["LD_LIBRARY_PATH"] = string.Join(':', [.. Folders, Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? ""]).TrimEnd(':'),
    };
}
