using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>What a label means that names no class.</summary>
internal static class DeviceLabel
{
    /// <summary>The voxel does not exist for the loss.</summary>
    public const int Ignored = -1;

    /// <summary>The label is outside 0..C-1 and not the ignored one: the voxel is left out, and counted.</summary>
    public const int Invalid = -2;

    /// <summary>
    /// An eight-byte label in four bytes. What does not fit becomes the one number that is neither a class nor an ignored label.
    /// </summary>
    internal static int Narrow(int low, int high) => high == low >> 31 ? low : int.MinValue;

    /// <summary>
    /// The class of a label, or one of the constants above, as a voxel. Selected: voxels of a warp differ, and branches would split it.
    /// </summary>
    internal static OneVoxel Classify(int label, DeviceVolume volume)
    {
        var @class = Utilities.Select((uint)label < (uint)volume.LabelClasses, label, Invalid);
        return OneVoxel.OfBits(Utilities.Select(label == (int)volume.IgnoreIndex, Ignored, @class));
    }
}

/// <summary>
/// Reads labels of any type. The type is a number that all threads share, not a type argument: that costs a few branches per vector, which
/// no warp takes both ways, and makes the catalogue of kernels a fifth as long.
/// </summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal interface IDeviceLabels<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The classes of the voxels at an index, counted in vectors of labels.</summary>
    TVector Load(ArrayView<byte> labels, long index, DeviceVolume volume);
}

/// <summary>The label of one voxel.</summary>
internal struct DeviceLabels1 : IDeviceLabels<OneVoxel>
{
    /// <inheritdoc/>
    public readonly OneVoxel Load(ArrayView<byte> labels, long index, DeviceVolume volume)
    {
        int label;
        if (volume.LabelType == (int)LabelType.Int64)
        {
            var words = labels.Cast<WordPair<int>>()[index];
            label = DeviceLabel.Narrow(words.First, words.Second);
        }
        else if (volume.LabelType == (int)LabelType.Int32)
        {
            label = labels.Cast<int>()[index];
        }
        else if (volume.LabelType == (int)LabelType.Int16)
        {
            label = labels.Cast<short>()[index];
        }
        else
        {
            label = labels[index];
            if (volume.LabelType == (int)LabelType.Int8)
                label = (sbyte)label;
        }

        return DeviceLabel.Classify(label, volume);
    }
}

/// <summary>The labels of two neighbours.</summary>
internal struct DeviceLabels2 : IDeviceLabels<VoxelPair<OneVoxel>>
{
    /// <inheritdoc/>
    public readonly VoxelPair<OneVoxel> Load(ArrayView<byte> labels, long index, DeviceVolume volume)
    {
        int first, second;
        if (volume.LabelType == (int)LabelType.Int64)
        {
            var words = labels.Cast<WordPair<WordPair<int>>>()[index];
            first = DeviceLabel.Narrow(words.First.First, words.First.Second);
            second = DeviceLabel.Narrow(words.Second.First, words.Second.Second);
        }
        else if (volume.LabelType == (int)LabelType.Int32)
        {
            var words = labels.Cast<WordPair<int>>()[index];
            (first, second) = (words.First, words.Second);
        }
        else if (volume.LabelType == (int)LabelType.Int16)
        {
            var word = labels.Cast<int>()[index];
            (first, second) = ((short)word, word >> 16);
        }
        else
        {
            int word = labels.Cast<short>()[index];
            (first, second) = volume.LabelType == (int)LabelType.Int8 ? ((sbyte)word, word >> 8) : (word & 0xFF, (word >> 8) & 0xFF);
        }

        return new(DeviceLabel.Classify(first, volume), DeviceLabel.Classify(second, volume));
    }
}

/// <summary>The labels of four neighbours.</summary>
internal struct DeviceLabels4 : IDeviceLabels<VoxelPair<VoxelPair<OneVoxel>>>
{
    /// <inheritdoc/>
    public readonly VoxelPair<VoxelPair<OneVoxel>> Load(ArrayView<byte> labels, long index, DeviceVolume volume)
    {
        int first, second, third, fourth;
        if (volume.LabelType == (int)LabelType.Int64)
        {
            var words = labels.Cast<WordPair<WordPair<int>>>();
            var (low, high) = (words[2 * index], words[2 * index + 1]);
            first = DeviceLabel.Narrow(low.First.First, low.First.Second);
            second = DeviceLabel.Narrow(low.Second.First, low.Second.Second);
            third = DeviceLabel.Narrow(high.First.First, high.First.Second);
            fourth = DeviceLabel.Narrow(high.Second.First, high.Second.Second);
        }
        else if (volume.LabelType == (int)LabelType.Int32)
        {
            var words = labels.Cast<WordPair<WordPair<int>>>()[index];
            (first, second) = (words.First.First, words.First.Second);
            (third, fourth) = (words.Second.First, words.Second.Second);
        }
        else if (volume.LabelType == (int)LabelType.Int16)
        {
            var words = labels.Cast<WordPair<int>>()[index];
            (first, second) = ((short)words.First, words.First >> 16);
            (third, fourth) = ((short)words.Second, words.Second >> 16);
        }
        else
        {
            return OfBytes(labels.Cast<int>()[index], volume);
        }

        return Of(first, second, third, fourth, volume);
    }

    /// <summary>Four labels of one byte each.</summary>
    internal static VoxelPair<VoxelPair<OneVoxel>> OfBytes(int word, DeviceVolume volume) => volume.LabelType == (int)LabelType.Int8
        ? Of((sbyte)word, (sbyte)(word >> 8), (sbyte)(word >> 16), word >> 24, volume)
        : Of(word & 0xFF, (word >> 8) & 0xFF, (word >> 16) & 0xFF, (word >> 24) & 0xFF, volume);

    private static VoxelPair<VoxelPair<OneVoxel>> Of(int first, int second, int third, int fourth, DeviceVolume volume) => new(
        new(DeviceLabel.Classify(first, volume), DeviceLabel.Classify(second, volume)),
        new(DeviceLabel.Classify(third, volume), DeviceLabel.Classify(fourth, volume)));
}

/// <summary>The labels of eight neighbours: twice those of four, but that eight bytes come at a time.</summary>
internal struct DeviceLabels8 : IDeviceLabels<VoxelPair<VoxelPair<VoxelPair<OneVoxel>>>>
{
    /// <inheritdoc/>
    public readonly VoxelPair<VoxelPair<VoxelPair<OneVoxel>>> Load(ArrayView<byte> labels, long index, DeviceVolume volume)
    {
        if (volume.LabelType is (int)LabelType.UInt8 or (int)LabelType.Int8)
        {
            var words = labels.Cast<WordPair<int>>()[index];
            return new(DeviceLabels4.OfBytes(words.First, volume), DeviceLabels4.OfBytes(words.Second, volume));
        }

        return new(default(DeviceLabels4).Load(labels, 2 * index, volume), default(DeviceLabels4).Load(labels, 2 * index + 1, volume));
    }
}
