namespace GpuLoss.Cli.Tests.Training;

/// <summary>The test classes that draw from torch's one generator, initial weights above all: side by side they would take each other's
/// numbers.</summary>
[CollectionDefinition(Name)]
public sealed class TorchsRandomNumbers
{
    public const string Name = "torch's random numbers";
}
