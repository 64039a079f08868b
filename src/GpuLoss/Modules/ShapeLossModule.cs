using GpuLoss.Shape;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>
/// A loss that looks at the shape of the classes, or at the order of the voxels, and not at sums alone. It has kernels of its own, for
/// CPU and CUDA tensors; the activation is torch's.
/// </summary>
public abstract class ShapeLossModule : Loss<Tensor, Tensor, Tensor>, IMaskedLoss
{
    private bool isDisposed;

    private protected ShapeLossModule(ShapeOptions options, Reduction reduction)
        : base(PlaneReduction.Known(reduction)) => Options = options;

    /// <summary>Voxels with this label do not exist for the loss: they belong to no class, enter no mean, and their gradient is
    /// 0.</summary>
    public long ignore_index => Options.IgnoreIndex;

    /// <summary>The options that all of these losses share.</summary>
    internal ShapeOptions Options { get; }

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">[N, C, *S] with one or more spatial dimensions and C ≥ 2, or C ≥ 1 without a softmax, of type Float32, Float64,
    /// Float16 or BFloat16 and any strides, on the CPU or a CUDA device (there not Float64). NaN gives a NaN loss.</param>
    /// <param name="target">Class indices [N, *S] or [N, 1, *S] of any integer type, with C = 1 0 and 1; or a number from 0 to 1 for every
    /// class, [N, C, *S]. A voxel belongs to a class where the number is more than a half. No gradient goes to it.</param>
    /// <returns>The loss: Float64 for Float64 logits, else Float32; a scalar unless the reduction is None. It and its gradient have the
    /// same bits for any number of threads. Where all voxels are ignored the loss is 0, and so is its gradient.</returns>
    /// <exception cref="ArgumentException">A shape, type or device is not as above, a label is outside 0..C-1 and not
    /// <see cref="ignore_index"/>, or a number outside 0..1; on a CUDA device the target is checked later, by
    /// <see cref="nn.check_labels"/>, and
    /// wrong labels are left out.</exception>
    /// <exception cref="NotSupportedException">The tensors are on neither the CPU nor a CUDA device, or there is no CUDA
    /// driver.</exception>
    /// <exception cref="ObjectDisposedException">The module, or a tensor, has been disposed.</exception>
#pragma warning disable CA1725 // The base class calls them input1 and input2, which tells a caller nothing.
    public override Tensor forward(Tensor logits, Tensor target) => Of(logits, target, mask: null);
#pragma warning restore CA1725

    /// <summary>Computes the loss of the voxels that a mask selects, as if the others were ignored.</summary>
    /// <param name="logits">As in <see cref="forward(Tensor, Tensor)"/>.</param>
    /// <param name="target">Likewise. Under voxels that are not selected it may hold anything.</param>
    /// <param name="mask">[N, 1, *S] or [N, *S], Bool, true where a voxel counts.</param>
    /// <returns>As in <see cref="forward(Tensor, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">As in <see cref="forward(Tensor, Tensor)"/>, or the mask is not as described.</exception>
    public Tensor forward(Tensor logits, Tensor target, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Of(logits, target, mask);
    }

    /// <summary>Whether voxels that do not count are empty, and count then.</summary>
    private protected virtual bool LeavesIgnoredEmpty => false;

    /// <summary>The loss of checked inputs, in float64, as an operation of the graph.</summary>
    private protected abstract Tensor Compute(ShapeInputs inputs);

    /// <summary>Checks that the module is still in use.</summary>
    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(isDisposed, this);

    /// <summary>Disposes what it holds.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        base.Dispose(disposing);
    }

    /// <summary>The loss of the voxels that a mask selects, of all without one.</summary>
    private protected virtual Tensor Of(Tensor logits, Tensor target, Tensor? mask)
    {
        ThrowIfDisposed();
        using var scope = torch.NewDisposeScope();
        using var inputs = ShapeInputs.From(logits, target, mask, Options, LeavesIgnoredEmpty);
        return Compute(inputs).to_type(inputs.Type).MoveToOuterDisposeScope().MoveToOuterDisposeScope();
    }
}
