using System.CommandLine;
using System.Globalization;
using GpuLoss.Cli.Training;
using TorchSharp;

namespace GpuLoss.Cli.Commands;

/// <summary>The options that every command which trains takes.</summary>
internal sealed class TrainingCommandOptions(string defaultFolder)
{
    private const int DefaultPatchSide = 40;

    private readonly Option<string?> classes = new("--classes")
    {
        Description = "Which labels make a class: \"name=1,2,3;name=4\" or a .json file { \"name\": [1, 2, 3] }. All others are background.",
    };

    private readonly Option<int> patch = OptionParsing.Number(
        "--patch", "Side of a patch in voxels, a multiple of 4.", DefaultPatchSide,
        number => number is >= 16 and <= 512 && number % UNet3d.SideMultiple == 0, "a multiple of 4 from 16 to 512");

    private readonly Option<int> seed = OptionParsing.Number(
        "--seed", "The same seed gives the same result on the same machine.", 1, number => number >= 0, "a whole number, 0 or more");

    private readonly Option<double?> spacing = new("--spacing")
    {
        Description = "Voxel edge in mm to resample to. Default: 2 for the built-in data, the finest edge of a file.",
        CustomParser = OptionParsing.Parser<double?>(
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var edge) && edge is > 0.05 and < 50 ? edge : null,
            "--spacing", "a number of mm between 0.05 and 50"),
    };

    private readonly Option<string> device = DeviceOption();

    private readonly Option<string> output = new("--out") { Description = "Folder of the report.", DefaultValueFactory = _ => defaultFolder };

    /// <summary>Lets a command take the options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { classes, patch, spacing, seed, device, output })
            command.Add(option);
    }

    public string? Classes(ParseResult result) => result.GetValue(classes);

    public int PatchSide(ParseResult result) => result.GetValue(patch);

    public int Seed(ParseResult result) => result.GetValue(seed);

    public double? Spacing(ParseResult result) => result.GetValue(spacing);

    public string Folder(ParseResult result) => result.GetValue(output)!;

    /// <summary>The device.</summary>
    /// <exception cref="InputException">It is a GPU, and none can be used.</exception>
    public DeviceType Device(ParseResult result)
    {
        if (result.GetValue(device) != "cuda")
            return DeviceType.CPU;
        return GpuState.WhyNoCuda() is { } reason ? throw new InputException($"--device cuda: {reason}") : DeviceType.CUDA;
    }

    private static Option<string> DeviceOption()
    {
        var device = new Option<string>("--device") { Description = "cpu or cuda.", DefaultValueFactory = _ => "cpu" };
        device.AcceptOnlyFromAmong("cpu", "cuda");
        return device;
    }
}
