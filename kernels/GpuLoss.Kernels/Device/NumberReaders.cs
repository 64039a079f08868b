using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>Reads the numbers of neighbouring voxels.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal interface INumberReader<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The numbers at an index, counted in vectors.</summary>
    TVector Load(ArrayView<byte> numbers, long index);

    /// <summary>Gives the classes of a thread their targets.</summary>
    /// <param name="tree">Receives them.</param>
    /// <param name="numbers">The target.</param>
    /// <param name="index">Where those of the first class lie.</param>
    /// <param name="stride">From one class to the next.</param>
    /// <param name="classes">How many classes exist.</param>
    void LoadTargets<TTree>(ref TTree tree, ArrayView<byte> numbers, long index, long stride, int classes)
        where TTree : struct, IClassTree<TVector>;
}

/// <summary>Numbers of one type.</summary>
/// <typeparam name="TElement">What one instruction loads.</typeparam>
/// <typeparam name="TVector">The voxels in it.</typeparam>
/// <typeparam name="TCodec">How they lie in it.</typeparam>
internal struct NumberReader<TElement, TVector, TCodec> : INumberReader<TVector>
    where TElement : unmanaged
    where TVector : unmanaged, IVoxelVector<TVector>
    where TCodec : struct, INumberCodec<TElement, TVector>
{
    /// <inheritdoc/>
    public readonly TVector Load(ArrayView<byte> numbers, long index) => default(TCodec).Decode(numbers.Cast<TElement>()[index]);

    /// <inheritdoc/>
    public readonly void LoadTargets<TTree>(ref TTree tree, ArrayView<byte> numbers, long index, long stride, int classes)
        where TTree : struct, IClassTree<TVector> =>
        tree.LoadTargets<TElement, TCodec>(numbers.Cast<TElement>().SubView(index), stride, 0, classes);
}

/// <summary>
/// Reads targets and voxel weights of any type. The type is a number that all threads share, not a type argument: one branch for all
/// classes of a voxel, which no warp takes both ways.
/// </summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal interface ITargetReader<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The labels of voxels of the grid's sample; those of a target of numbers are 0.</summary>
    TVector Labels(ArrayView<byte> target, long v, DeviceVolume volume);

    /// <summary>The weights of voxels.</summary>
    TVector Weights(ArrayView<byte> mask, long v, DeviceVolume volume);

    /// <summary>Gives the classes of a thread their targets.</summary>
    void Load<TTree>(ref TTree tree, ArrayView<byte> target, long v, TVector labels, int first, int classes, DeviceVolume volume)
        where TTree : struct, IClassTree<TVector>;
}

/// <summary>See <see cref="ITargetReader{TVector}"/>.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
/// <typeparam name="TLabels">Reads class indices.</typeparam>
/// <typeparam name="TFloats">Reads float32.</typeparam>
/// <typeparam name="TBytes">Reads bytes.</typeparam>
/// <typeparam name="THalves">Reads float16.</typeparam>
/// <typeparam name="TBHalves">Reads bfloat16.</typeparam>
internal struct TargetReader<TVector, TLabels, TFloats, TBytes, THalves, TBHalves> : ITargetReader<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
    where TLabels : struct, IDeviceLabels<TVector>
    where TFloats : struct, INumberReader<TVector>
    where TBytes : struct, INumberReader<TVector>
    where THalves : struct, INumberReader<TVector>
    where TBHalves : struct, INumberReader<TVector>
{
    /// <inheritdoc/>
    public readonly TVector Labels(ArrayView<byte> target, long v, DeviceVolume volume) =>
        volume.TargetKind == (int)TargetKind.Labels
            ? default(TLabels).Load(target, volume.Target.At(Grid.IdxY, 0, v), volume)
            : TVector.Broadcast(0f);

    /// <inheritdoc/>
    public readonly TVector Weights(ArrayView<byte> mask, long v, DeviceVolume volume)
    {
        var weights = TVector.Broadcast(1f);
        if (volume.MaskKind == (int)MaskKind.Float32)
            weights = default(TFloats).Load(mask, volume.Mask.At(Grid.IdxY, 0, v));
        else if (volume.MaskKind != (int)MaskKind.None)
            weights = default(TBytes).Load(mask, volume.Mask.At(Grid.IdxY, 0, v));
        return weights;
    }

    /// <inheritdoc/>
    public readonly void Load<TTree>(
        ref TTree tree, ArrayView<byte> target, long v, TVector labels, int first, int classes, DeviceVolume volume)
        where TTree : struct, IClassTree<TVector>
    {
        var (offset, stride) = (volume.Target.At(Grid.IdxY, first, v), volume.Target.Class);
        if (volume.TargetKind == (int)TargetKind.Labels)
            tree.TakeTargets(labels, volume.Classes == 1 ? 1 : first);
        else if (volume.TargetKind == (int)TargetKind.Float32)
            default(TFloats).LoadTargets(ref tree, target, offset, stride, classes);
        else if (volume.TargetKind == (int)TargetKind.UInt8)
            default(TBytes).LoadTargets(ref tree, target, offset, stride, classes);
        else if (volume.TargetKind == (int)TargetKind.Float16)
            default(THalves).LoadTargets(ref tree, target, offset, stride, classes);
        else
            default(TBHalves).LoadTargets(ref tree, target, offset, stride, classes);
    }
}
