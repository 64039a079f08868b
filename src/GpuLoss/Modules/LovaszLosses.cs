using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;
using GpuLoss.Shape;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>What both Lovász losses are.</summary>
public abstract class LovaszLoss : ShapeLossModule
{
    private readonly LovaszForm form;
    private readonly int[]? only;

    private protected LovaszLoss(ShapeOptions options, LovaszForm form, int[]? only)
        : base(options, Reduction.Mean)
    {
        if (only is not null && (only.Length == 0 || only.Distinct().Count() != only.Length || only.Min() < 0))
            throw new ArgumentException($"only must be different classes, 0 or more, not [{string.Join(", ", only)}].", nameof(only));
        (this.form, this.only) = (form, (int[]?)only?.Clone());
    }

    private protected override Tensor Compute(ShapeInputs inputs)
    {
        using var scope = torch.NewDisposeScope();
        var problem = inputs.Problem;
        var rows = form.PerSample ? problem.Samples : 1;
        var values = inputs.Empty([rows, problem.Classes], torch.ScalarType.Float64);
        var counted = inputs.Empty([rows, problem.Classes], torch.ScalarType.Float64);
        var slopes = inputs.NeedsGradient ? inputs.Empty([problem.Pairs, problem.Grid.Voxels], inputs.Type) : null;
        var wanted = Wanted(only, problem.Classes);
        using var sort = inputs.Engine.LovaszElements(problem, form) == 0 ? null : new ErrorSort(inputs, form);
        inputs.Engine.Lovasz(
            problem, form, wanted, sort?.Memory ?? default, TensorMemory.AddressOf(values), TensorMemory.AddressOf(counted),
            slopes is null ? 0 : TensorMemory.AddressOf(slopes));
        var weights = counted / (counted.sum(1, keepdim: true).clamp_min(1) * rows);
        return (PlaneLoss.Attach(inputs, values, slopes) * weights).sum().MoveToOuterDisposeScope();
    }

    private static bool[] Wanted(int[]? only, int classes)
    {
        if (only is not null && only.Max() >= classes)
            throw new ArgumentException($"only must be classes of the logits, 0 to {classes - 1}, not {only.Max()}.", nameof(only));
        return [.. Enumerable.Range(0, classes).Select(@class => only is null || only.Contains(@class))];
    }
}

/// <summary>Lovász-softmax; see <see cref="nn.LovaszSoftmaxLoss"/>.</summary>
public sealed class LovaszSoftmaxLoss : LovaszLoss
{
    internal LovaszSoftmaxLoss(ShapeOptions options, nn.LovaszClasses classes, int[]? only, bool per_image)
        : base(options, new(per_image, IsHinge: false, PresentOnly: Known(classes) == nn.LovaszClasses.Present && only is null), only)
    {
    }

    private static nn.LovaszClasses Known(nn.LovaszClasses classes) => Enum.IsDefined(classes)
        ? classes
        : throw new ArgumentOutOfRangeException(nameof(classes), classes, "classes must be Present or All.");
}

/// <summary>Lovász-hinge; see <see cref="nn.LovaszHingeLoss"/>.</summary>
public sealed class LovaszHingeLoss : LovaszLoss
{
    internal LovaszHingeLoss(ShapeOptions options, int[]? only, bool per_image)
        : base(options, new(per_image, IsHinge: true, PresentOnly: false), only)
    {
    }
}
