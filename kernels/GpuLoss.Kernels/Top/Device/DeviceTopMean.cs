using GpuLoss.Kernels.Shape.Device;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Top.Device;

/// <summary>The mean of the largest values and its derivatives on the device, where the smallest of them is known.</summary>
internal static class DeviceTopMean
{
    /// <summary>Adds up the values above it, those of a block each.</summary>
    /// <param name="values">The values.</param>
    /// <param name="quads">The same, but for the last ones.</param>
    /// <param name="counts">What <see cref="DeviceTopCounts.Count"/> counted.</param>
    /// <param name="places">What is known before each pass; receives what is known after the last.</param>
    /// <param name="partials">Receives [blocks].</param>
    public static void Sum(
        ArrayView<float> values, ArrayView<TopQuad> quads, ArrayView<long> counts, ArrayView<TopPlace> places, ArrayView<double> partials)
    {
        var least = DeviceTopCounts.Next(counts, places, DeviceTopCounts.Passes).Key;
        var first = (long)Grid.IdxX * TopKernel.Threads + Group.IdxX;
        var ofThread = 0.0;
        for (var i = first; i < quads.Length; i += (long)Grid.DimX * TopKernel.Threads)
        {
            var quad = quads[i];
            ofThread += Larger(quad.First, least);
            ofThread += Larger(quad.Second, least);
            ofThread += Larger(quad.Third, least);
            ofThread += Larger(quad.Fourth, least);
        }

        var last = quads.Length * TopQuad.Values + first;
        if (last < values.Length)
            ofThread += Larger(values[last], least);
        var sum = DeviceSums.OfBlock(ofThread);
        if (Group.IdxX == 0)
            partials[Grid.IdxX] = sum;
    }

    /// <summary>Writes the mean. There is one block.</summary>
    /// <param name="partials">What <see cref="Sum"/> left, a number for each thread at most.</param>
    /// <param name="places">Likewise.</param>
    /// <param name="means">Receives it.</param>
    /// <param name="value">Receives it times a factor.</param>
    /// <param name="count">How many values are the largest.</param>
    /// <param name="factor">The factor.</param>
    public static void Finish(
        ArrayView<double> partials, ArrayView<TopPlace> places, ArrayView<TopMean> means, ArrayView<float> value, long count, double factor)
    {
        var sum = DeviceSums.OfBlock(Group.IdxX < partials.IntLength ? partials[Group.IdxX] : 0.0);
        if (Group.IdxX != 0)
            return;
        var place = places[DeviceTopCounts.Passes];
        var mean = TopMean.Of(sum, Interop.IntAsFloat(TopKeys.BitsOf(place.Key)), count, place.Left, place.Equal);
        means[0] = mean;
        value[0] = (float)(mean.Mean * factor);
    }

    /// <summary>Writes the derivative of a mean by each value, or adds it.</summary>
    /// <param name="values">The values.</param>
    /// <param name="quads">The same, but for the last ones.</param>
    /// <param name="means">The mean.</param>
    /// <param name="gradient">The derivative by the mean times its factor, a number.</param>
    /// <param name="derivatives">Receives them.</param>
    /// <param name="derivativeQuads">The same, but for the last ones.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="adds">1 where derivatives of other means are there already.</param>
    public static void Differentiate(
        ArrayView<float> values, ArrayView<TopQuad> quads, ArrayView<TopMean> means, ArrayView<float> gradient,
        ArrayView<float> derivatives, ArrayView<TopQuad> derivativeQuads, double factor, int adds)
    {
        var mean = means[0].Times(factor * gradient[0]);
        var least = TopKeys.Of(Interop.FloatAsInt((float)mean.Least));
        var (byLarger, byEqual) = ((float)mean.ByLarger, (float)mean.ByEqual);
        var first = (long)Grid.IdxX * TopKernel.Threads + Group.IdxX;
        for (var i = first; i < quads.Length; i += (long)Grid.DimX * TopKernel.Threads)
        {
            var quad = quads[i];
            var derivative = new TopQuad(
                Derivative(quad.First, least, byLarger, byEqual), Derivative(quad.Second, least, byLarger, byEqual),
                Derivative(quad.Third, least, byLarger, byEqual), Derivative(quad.Fourth, least, byLarger, byEqual));
            derivativeQuads[i] = adds != 0 ? derivativeQuads[i].Plus(derivative) : derivative;
        }

        var last = quads.Length * TopQuad.Values + first;
        if (last < values.Length)
        {
            var derivative = Derivative(values[last], least, byLarger, byEqual);
            derivatives[last] = adds != 0 ? derivatives[last] + derivative : derivative;
        }
    }

    private static double Larger(float value, uint least) =>
        Utilities.Select(TopKeys.Of(Interop.FloatAsInt(value)) > least, value, 0f);

    private static float Derivative(float value, uint least, float byLarger, float byEqual)
    {
        var key = TopKeys.Of(Interop.FloatAsInt(value));
        return Utilities.Select(key > least, byLarger, Utilities.Select(key == least, byEqual, 0f));
    }
}
