using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Training;

/// <summary>Whether the network computes here what it should: one forward and backward of one patch in float32 against float64, on the
/// CPU.</summary>
internal static class NetworkCheck
{
    /// <summary>
    /// The largest side of a patch that is checked; larger ones are checked at this. float64's convolution takes (channels · 27) numbers
    /// per voxel.
    /// </summary>
    public const int LargestSide = 64;

    /// <summary>
    /// Up to this the logits and the gradients are right. Logits are right to 1e-6. Gradients are off by up to 1.2e-2 where all is right,
    /// as a rounded number on the other side of leaky ReLU's kink has another slope: above this, each layer is looked at by itself, where
    /// no rounding has come before.
    /// </summary>
    private const double CertainOutput = 1e-5;

    /// <inheritdoc cref="CertainOutput"/>
    private const double CertainGradient = 2e-3;

    /// <summary>Above this a network is wrong in which no single layer is.</summary>
    private const double NetworkTolerance = 0.1;

    /// <summary>Above this a layer is wrong: a single one is right to 1e-6.</summary>
    private const double LayerTolerance = 1e-4;

    /// <summary>
    /// Goes on only where the network is right: where it is not, the program starts again with oneDNN kept to older instructions, once.
    /// </summary>
    /// <param name="classes">Its number of classes.</param>
    /// <param name="patchSide">The side of the patches it will see.</param>
    /// <param name="device">Where it will be trained; on a GPU nothing is checked.</param>
    /// <exception cref="WrongNetworkException">It is wrong all the same.</exception>
    public static void Ensure(int classes, int patchSide, DeviceType device)
    {
        if (device != DeviceType.CPU || WhatIsWrong(classes, patchSide) is not { } wrong)
            return;
        const string Setting = $"{NativeEnvironment.Variable}={NativeEnvironment.Value}";
        if (!NativeEnvironment.IsSet)
        {
            Console.Error.WriteLine($"libtorch computes the network wrongly on this processor: {wrong}. Starting again with {Setting}.");
            NativeEnvironment.StartAgain();
            throw new WrongNetworkException($"The program could not start itself again: set {Setting} in the environment.");
        }

        throw new WrongNetworkException(
            $"libtorch computes the network wrongly on this processor, with {Setting} too: {wrong}. Nothing was trained.");
    }

    /// <summary>What is wrong with the network, as the end of a sentence that begins with a layer; null where nothing is.</summary>
    /// <param name="classes">Its number of classes.</param>
    /// <param name="patchSide">The side of the patches it will see.</param>
    public static string? WhatIsWrong(int classes, int patchSide)
    {
        using var scope = NewDisposeScope();
        var side = Math.Min(patchSide, LargestSide);
        random.manual_seed(1); // a training seeds it again
        using var single = UNet3d.Create(classes);
        using var wide = UNet3d.Create(classes);
        wide.to(ScalarType.Float64);
        DoublePrecision.Copy(single, wide);
        using var generator = new Generator(1);
        var patch = randn([1, 1, side, side, side], dtype: ScalarType.Float32, generator: generator);
        var error = DoublePrecision.Compare(single, wide, patch);
        if (error.Output <= CertainOutput && error.InputGradient <= CertainGradient && error.WeightGradients <= CertainGradient)
            return null;
        return FirstWrongLayer(single, wide, patch) ?? (error.Largest <= NetworkTolerance ? null : $"the network as a whole is {error}");
    }

    /// <summary>The first layer, in the order of forward, that is wrong by itself on what float64 gives it.</summary>
    private static string? FirstWrongLayer(UNet3d single, UNet3d wide, Tensor patch)
    {
        var inputs = new List<(string Name, Tensor Input)>();
        foreach (var (name, layer) in Layers(wide))
        {
            layer.register_forward_hook((_, input, output) =>
            {
                if (!inputs.Exists(seen => seen.Name == name))
                    inputs.Add((name, input.detach().to(ScalarType.Float32).DetachFromDisposeScope()));
                return output;
            });
        }

        wide.call(patch.to(ScalarType.Float64));
        using var scope = NewDisposeScope();
        foreach (var (_, input) in inputs)
            scope.Attach(input);
        var singles = Layers(single).ToDictionary();
        var wides = Layers(wide).ToDictionary();
        return inputs.ToList()
            .Select(seen => (seen.Name, Error: DoublePrecision.Compare(singles[seen.Name], wides[seen.Name], seen.Input)))
            .Where(layer => layer.Error.Largest > LayerTolerance)
            .Select(layer => $"{Title(layer.Name, singles[layer.Name])} is {layer.Error}")
            .FirstOrDefault();
    }

    private static IEnumerable<(string Name, Module Layer)> Layers(UNet3d network) =>
        network.named_modules().Where(child => !child.module.children().Any()).Select(child => (child.name, (Module)child.module));

    private static string Title(string name, Module layer) => layer is Conv3d convolution
        ? $"the convolution {name} of {convolution.weight!.shape[1]} to {convolution.weight.shape[0]} channels"
        : $"the layer {name} ({layer.GetName()})";
}
