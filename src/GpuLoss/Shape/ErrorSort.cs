using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>The errors of a class on a device, in torch's memory and sorted by torch: its radix sort there is as good as one of ours would
/// be.</summary>
internal sealed class ErrorSort : IDisposable
{
    private readonly Tensor errors;
    private readonly Tensor members;
    private readonly Tensor scratch;
    private Tensor[] sorted = [];

    /// <summary>Takes the memory.</summary>
    public ErrorSort(ShapeInputs inputs, LovaszForm form)
    {
        var elements = inputs.Engine.LovaszElements(inputs.Problem, form);
        errors = inputs.Empty([elements], torch.ScalarType.Float32);
        members = inputs.Empty([elements], torch.ScalarType.Byte);
        scratch = inputs.Scratch(inputs.Engine.LovaszScratch(inputs.Problem, form));
        Memory = new(TensorMemory.AddressOf(errors), TensorMemory.AddressOf(members), TensorMemory.AddressOf(scratch), Sort);
    }

    /// <summary>The memory, for the engine.</summary>
    public LovaszMemory Memory { get; }

    /// <summary>Frees it.</summary>
    public void Dispose()
    {
        Forget();
        scratch.Dispose();
        members.Dispose();
        errors.Dispose();
    }

    private SortedErrors Sort()
    {
        // What was sorted before is used by what has been enqueued already: torch's memory is given away in the order of its stream.
        Forget();
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var (falling, places) = torch.sort(errors, dim: 0, descending: true);
        var inside = members.index_select(0, places).cumsum(0, type: torch.ScalarType.Int32);
        sorted = [falling.DetachFromDisposeScope(), places.DetachFromDisposeScope(), inside.DetachFromDisposeScope()];
        return new(TensorMemory.AddressOf(falling), TensorMemory.AddressOf(places), TensorMemory.AddressOf(inside));
    }

    private void Forget()
    {
        foreach (var tensor in sorted)
            tensor.Dispose();
        sorted = [];
    }
}
