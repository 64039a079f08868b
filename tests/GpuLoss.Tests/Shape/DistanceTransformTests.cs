using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Distances against their definition: the nearest of all voxels.</summary>
public class DistanceTransformTests
{
    public static TheoryData<long[], double[]?, double, bool> Grids => new()
    {
        { [1], null, 0.5, true },
        { [70], null, 0.7, false },
        { [300], [0.3], 0.98, true },
        { [9, 17], null, 0.6, true },
        { [33, 5], [2.5, 0.4], 0.9, true },
        { [1, 40], [1, 3], 0.95, false },
        { [6, 7, 8], null, 0.9, false },
        { [5, 19, 18], [3, 0.7, 1.1], 0.97, true },
        { [20, 3, 33], [0.5, 2, 1], 0.995, true },
        { [2, 1, 1], [4, 1, 1], 0.5, true },
    };

    [Theory]
    [MemberData(nameof(Grids))]
    public void A_distance_is_that_to_the_nearest_of_all_voxels(long[] space, double[]? sampling, double density, bool isDouble)
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            using var scope = NewDisposeScope();
            manual_seed(seed);
            var type = isDouble ? ScalarType.Float64 : ScalarType.Float32;
            var input = (rand([2, 3, .. space]) < density).to_type(type) * 7;
            var actual = Fused.functional.distance_transform_edt(input, sampling);
            Assert.Equal(type, actual.dtype);
            Assert.Equal(input.shape, actual.shape);
            var (all, found) = (Flat(input), Flat(actual));
            for (var volume = 0; volume < all.Length; volume++)
            {
                var expected = ShapeReference.DistancesTo([.. all[volume].Select(value => value == 0)], space, sampling);
                for (var i = 0; i < expected.Length; i++)
                    Assert.Equal(expected[i], found[volume][i], isDouble ? 1e-12 * (1 + expected[i]) : 1e-6 * (1 + expected[i]));
            }
        }
    }

    [Fact]
    public void Integers_and_booleans_are_taken_and_strides_do_not_matter()
    {
        manual_seed(5);
        var input = (rand([2, 1, 12, 9]) < 0.8).to_type(ScalarType.Int16);
        var expected = Fused.functional.distance_transform_edt(input);
        Assert.True(Fused.functional.distance_transform_edt(input.to_type(ScalarType.Bool)).Equals(expected));
        Assert.True(Fused.functional.distance_transform_edt(input.transpose(2, 3)).Equals(expected.transpose(2, 3)));
        Assert.True(Fused.functional.distance_transform_edt(-input).Equals(expected));
        Assert.Equal(ScalarType.Float32, expected.dtype);
        Assert.False(Fused.functional.distance_transform_edt(rand([1, 1, 4]).requires_grad_(true)).requires_grad);
    }

    [Fact]
    public void Where_nothing_is_zero_all_is_infinitely_far_and_where_all_is_nothing_is()
    {
        Assert.True(Fused.functional.distance_transform_edt(ones([1, 2, 3, 4, 5])).isposinf().all().item<bool>());
        Assert.Equal(0f, Fused.functional.distance_transform_edt(zeros([1, 2, 3, 4, 5])).abs().max().item<float>());
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        manual_seed(2);
        var input = rand([1, 1, 40, 33, 29]) < 0.999;
        ShapeCase.AssertSameBitsOnAnyThreads(() => [Fused.functional.distance_transform_edt(input, [0.3, 1.7, 1.1])]);
    }

    [Fact]
    public void A_mistake_is_named()
    {
        var input = ones([1, 1, 4, 5]);
        foreach (var sampling in new double[][] { [0, 1], [1, -1], [double.NaN, 1], [1, double.PositiveInfinity], [1], [1, 1, 1] })
        {
            Assert.Equal("sampling", Assert.ThrowsAny<ArgumentException>(() =>
                Fused.functional.distance_transform_edt(input, sampling)).ParamName);
        }

        Assert.Contains("sampling[1] is -1", Assert.ThrowsAny<ArgumentException>(
            () => Fused.functional.distance_transform_edt(input, [1, -1])).Message, StringComparison.Ordinal);
        foreach (var wrong in new[] { ones([4, 5]), ones([1, 1, 2, 2, 2, 2]), ones([1, 1, 0]), ones([1, 1, 2], ScalarType.ComplexFloat32) })
            Assert.Equal("input", Assert.ThrowsAny<ArgumentException>(() => Fused.functional.distance_transform_edt(wrong)).ParamName);
        Assert.Contains("meta", Assert.Throws<NotSupportedException>(
            () => Fused.functional.distance_transform_edt(input.to(META))).Message, StringComparison.Ordinal);
    }

    private static double[][] Flat(Tensor volumes) =>
        [.. volumes.to_type(ScalarType.Float64).flatten(2).flatten(0, 1).unbind(0).Select(volume => volume.data<double>().ToArray())];
}
