using CsCheck;

namespace GpuLossTests;

/// <summary>Logits and a target: sizes, types and strides, and the seed of what they hold.</summary>
/// <param name="Samples">N.</param>
/// <param name="Classes">C.</param>
/// <param name="Space">1 to 4 sizes.</param>
/// <param name="Type">The type of the logits.</param>
/// <param name="Layout">Their strides.</param>
/// <param name="Spread">The standard deviation of the logits.</param>
/// <param name="Target">The target's type, strides, and whether it has a channel.</param>
/// <param name="Seed">Of the values.</param>
internal sealed record VolumeCase(
    int Samples, int Classes, int[] Space, ScalarType Type, Layout Layout, double Spread,
    (ScalarType Type, Layout Layout, bool HasChannel) Target, int Seed)
{
    private const double ShareOfIgnored = 0.15;
    private const double BetweenLogits = double.NaN;
    private const double BetweenLabels = 77;

    private static readonly Gen<Layout> AnyLayout = Gen.OneOf(Enum.GetValues<Layout>());

    private static readonly Gen<int[]> AnySpace = Gen.OneOf(
        Gen.Int[6, 300].Array[1], Gen.Int[2, 17].Array[2], Gen.Int[2, 7].Array[3], Gen.Int[2, 4].Array[4]);

    /// <summary>All types, sizes and strides.</summary>
    public static Gen<VolumeCase> Any { get; } = Gen.Select(
        Gen.Int[1, 3], Gen.Int[2, 20], AnySpace, Gen.OneOf(ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16),
        AnyLayout, Gen.OneOf(0.5, 2.0, 5.0),
        Gen.Select(
            Gen.OneOf(ScalarType.Byte, ScalarType.Int8, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64), AnyLayout, Gen.Bool),
        Gen.Int[0, 1_000_000],
        (samples, classes, space, type, layout, spread, target, seed) =>
            new VolumeCase(samples, classes, space, type, layout, spread, target, seed));

    /// <summary>Float64 logits, contiguous, in one dimension, for laws that do not depend on any of that.</summary>
    public static Gen<VolumeCase> Plain { get; } = Any.Select(@case => @case with
    {
        Space = [@case.Space.Aggregate(1, (product, size) => product * size)],
        Type = ScalarType.Float64,
        Layout = Layout.Contiguous,
        Target = (ScalarType.Int64, Layout.Contiguous, false),
    });

    public long[] Shape => [Samples, Classes, .. Space.Select(size => (long)size)];

    /// <summary>The logits, as a view of the case's strides on a leaf of the graph.</summary>
    public Tensor Logits()
    {
        var random = new Random(Seed);
        var values = new double[Shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = Spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        using (no_grad())
            return Layouts.Place(tensor(values).reshape(Shape).to_type(Type), Layout, BetweenLogits).requires_grad_(true);
    }

    /// <summary>Labels of most classes, some of them ignored where the type can hold the ignored label.</summary>
    public Tensor Labels(long ignore)
    {
        var random = new Random(Seed + 1);
        var present = Math.Max(2, random.Next(Classes / 2, Classes + 1));
        var canIgnore = Target.Type != ScalarType.Byte || ignore >= 0;
        long[] shape = [Samples, .. Space.Select(size => (long)size)];
        var labels = new long[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = canIgnore && random.NextDouble() < ShareOfIgnored ? ignore : random.Next(present);
        var values = tensor(labels).reshape(shape).to_type(Target.Type);
        return Layouts.Place(Target.HasChannel ? values.unsqueeze(1) : values, Target.Layout, BetweenLabels);
    }

    public override string ToString() =>
        $"[{string.Join(", ", Shape)}] {Type} {Layout} x{Spread}, "
        + $"{Target.Type} {Target.Layout}{(Target.HasChannel ? " with a channel" : "")}, seed {Seed}";
}
