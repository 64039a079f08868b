namespace GpuLossTests;

/// <summary>One number, or a few, that MONAI's own tests say a loss has.</summary>
/// <param name="Name">The options, in short.</param>
/// <param name="Make">The loss with these options.</param>
/// <param name="Input">What it is applied to.</param>
/// <param name="Target">The target, in whatever form the loss takes it.</param>
/// <param name="Expected">The values.</param>
/// <param name="Relative">The tolerance of those tests relative to the values.</param>
/// <param name="Absolute">And beyond that.</param>
internal sealed record MonaiCase(
    string Name, Func<Loss> Make, MonaiTensor Input, MonaiTensor Target, double[] Expected, double Relative, double Absolute = 0);

/// <summary>Numbers with a shape, which hold no memory of torch's until they are asked for.</summary>
internal sealed record MonaiTensor(long[] Shape, double[] Values, ScalarType Type = ScalarType.Float32)
{
    public Tensor Create() => tensor(Values).reshape(Shape).to_type(Type);
}
