using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Training;

/// <summary>A volume on a device, filled up with 0 to the size of a patch where it is smaller.</summary>
internal sealed class VolumeTensors : IDisposable
{
    private readonly int side;

    public VolumeTensors(LabelledVolume volume, int side, Device device)
    {
        (Volume, this.side) = (volume, side);
        double Padding(int length) => Math.Max(length, side);
        AvailableMemory.RequireForTraining(
            Padding(volume.Size.X) * Padding(volume.Size.Y) * Padding(volume.Size.Z), volume.Classes,
            $"{volume.Source}: {volume.Size} voxels, filled up to patches of {side}³, which", "give a smaller --patch");
        using var scope = NewDisposeScope();
        long[] shape = [volume.Size.Z, volume.Size.Y, volume.Size.X];
        Image = Padded(tensor(volume.Image, shape, device: device)).DetachFromDisposeScope();
        Labels = Padded(tensor(volume.Labels, shape, device: device)).DetachFromDisposeScope();
    }

    /// <summary>The volume itself.</summary>
    public LabelledVolume Volume { get; }

    /// <summary>Intensities [Z, Y, X].</summary>
    public Tensor Image { get; }

    /// <summary>Classes [Z, Y, X].</summary>
    public Tensor Labels { get; }

    /// <summary>The class that <paramref name="network"/> gives every voxel of the volume.</summary>
    public byte[] Predict(UNet3d network)
    {
        var padded = VolumeEvaluation.Predict(network, Image, side, Volume.Classes);
        var size = Volume.Size;
        using var scope = NewDisposeScope();
        return tensor(padded, Image.shape).narrow(0, 0, size.Z).narrow(1, 0, size.Y).narrow(2, 0, size.X).contiguous().data<byte>()
            .ToArray();
    }

    public void Dispose()
    {
        Image.Dispose();
        Labels.Dispose();
    }

    private Tensor Padded(Tensor whole)
    {
        long Missing(int axis) => Math.Max(0, side - whole.shape[axis]);
        return torch.nn.functional.pad(whole, [0, Missing(2), 0, Missing(1), 0, Missing(0)], value: 0);
    }
}
