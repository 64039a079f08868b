using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Tests.Host;

/// <summary>What is found out about the weights of a block of voxels that is full.</summary>
public unsafe class VoxelWeightsTests
{
    private const int Voxels = 64;
    private const int Place = 37;

    [Theory]
    [InlineData(1f, 1f, 0, false, false, false)]
    [InlineData(1f, 0f, 0, true, false, true)]
    [InlineData(1f, 2.5f, 0, true, true, false)]
    [InlineData(0.5f, 0.5f, 0, true, true, false)]
    [InlineData(1f, -1f, 1, true, true, true)]
    [InlineData(2f, -1e-30f, 1, true, true, true)]
    [InlineData(1f, float.PositiveInfinity, 1, true, true, true)]
    [InlineData(1f, float.NegativeInfinity, 1, true, true, true)]
    [InlineData(1f, float.NaN, 1, true, true, true)]
    public void A_block_is_looked_through(float weight, float other, int invalid, bool areNeeded, bool areNumbers, bool hasZeros)
    {
        var weights = new float[Voxels];
        weights.AsSpan().Fill(weight);
        weights[Place] = other;
        fixed (float* first = weights)
        {
            var found = VoxelWeights<Lanes128>.Check((byte*)first, Voxels, Voxels, out var needed, out var numbers, out var zeros);
            Assert.Equal(invalid, found);
            Assert.Equal(areNeeded, needed);
            Assert.Equal(areNumbers, numbers);
            Assert.Equal(hasZeros, zeros);
        }

        Assert.Equal(invalid > 0 ? 0 : other, weights[Place]);
    }
}
