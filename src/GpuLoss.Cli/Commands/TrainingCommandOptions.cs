using System.CommandLine;
using System.Globalization;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using TorchSharp;

namespace GpuLoss.Cli.Commands;

/// <summary>The options that every command which trains takes.</summary>
internal sealed class TrainingCommandOptions(string defaultFolder)
{
    private const int DefaultPatchSide = 40;

    private readonly Option<string?> classes = new("--classes")
    {
        Description = "Which labels make a class: \"name=1,2,3;name=4\" or a .json file { \"name\": [1, 2, 3] }. "
            + "All others are background.",
    };

    private readonly Option<int> patch = OptionParsing.Number(
        "--patch", "Side of a patch in voxels, a multiple of 4.", DefaultPatchSide,
        number => number is >= 16 and <= 512 && number % UNet3d.SideMultiple == 0, "a multiple of 4 from 16 to 512");

    private readonly Option<int> seed = OptionParsing.Number(
        "--seed", "The same seed gives the same result on the same machine.", 1, number => number >= 0, "a whole number, 0 or more");

    private readonly Option<VoxelSpacing?> spacing = new("--spacing")
    {
        Description = "Voxel edge in mm to resample to, or the edges from left to right, back to front and foot to head, as in 1,1,3. "
            + "Default: 2 for the built-in data, the median of all files else.",
        CustomParser = OptionParsing.Parser(Edges, "--spacing", "a number of mm from 0.05 to 50 or three of them, as in 1,1,3"),
    };

    private readonly Option<string> nan = OptionParsing.OneOf(
        "--nan", "What NaN in a file means: refuse it, or zero, as the background that SPM writes.", ["refuse", "zero"]);

    private readonly Option<string> device = OptionParsing.OneOf("--device", "cpu or cuda.", ["cpu", "cuda"]);

    private readonly Option<string> output =
        new("--out") { Description = "Folder of the report.", DefaultValueFactory = _ => defaultFolder };

    /// <summary>Lets a command take the options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { classes, patch, spacing, nan, seed, device, output })
            command.Add(option);
    }

    public int PatchSide(ParseResult result) => result.GetValue(patch);

    public int Seed(ParseResult result) => result.GetValue(seed);

    /// <summary>What to load, but for the files.</summary>
    public VolumeRequest Request(ParseResult result) =>
        new(null, null, result.GetValue(classes), result.GetValue(spacing), Seed(result), result.GetValue(nan) == "zero");

    public string Folder(ParseResult result) => result.GetValue(output)!;

    /// <summary>The device.</summary>
    /// <exception cref="InputException">It is a GPU, and none can be used.</exception>
    public DeviceType Device(ParseResult result)
    {
        if (result.GetValue(device) != "cuda")
            return DeviceType.CPU;
        return GpuState.WhyNoCuda() is { } reason ? throw new InputException($"--device cuda: {reason}") : DeviceType.CUDA;
    }

    private static VoxelSpacing? Edges(string text)
    {
        double[] edges = [.. text.Split(',').Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var edge) && edge is >= 0.05 and <= 50 ? edge
                : double.NaN)];
        return Array.Exists(edges, double.IsNaN) ? null : edges switch
        {
            [var edge] => edge,
            [var x, var y, var z] => new VoxelSpacing(x, y, z),
            _ => null,
        };
    }
}
