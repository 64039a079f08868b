using System.Globalization;
using System.Text;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Bench.Ptx;

/// <summary>Registers and instructions of the kernels, as Markdown.</summary>
internal static class PtxTable
{
    private const string Architecture = "sm_90";

    /// <summary>Assembles and disassembles the files that <see cref="PtxFiles"/> wrote.</summary>
    public static string Of(string folder)
    {
        var assembler = CudaTools.Run("ptxas", "--version").Split('\n').First(line => line.Contains("release", StringComparison.Ordinal));
        var rows = DeviceKernelCatalogue.All.AsParallel().AsOrdered().Select(kernel => Row(folder, kernel))
            .Concat(ShapeKernel.All.AsParallel().AsOrdered().Select(kernel => Row(folder, kernel))).ToArray();
        return new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"# The device kernels in {Architecture} machine code, {DateTime.UtcNow:yyyy-MM-dd}")
            .AppendLine()
            .AppendLine(CultureInfo.InvariantCulture,
                $"{assembler}. No GPU was involved: `ptx --out DIR --table FILE` of this project wrote the table.")
            .AppendLine("Instructions are those of the loop over the voxels, per voxel; where the warps of a block share the classes, "
                + "of one of them. They")
            .AppendLine("include branches that a launch does not take:")
            .AppendLine("for all five types of labels, for ignored voxels, and for focal loss.")
            .AppendLine("Those of passes that read a plan and of losses of shapes are not counted: "
                + "how many a launch runs through is up to the plan.")
            .AppendLine()
            .AppendLine("| kernel | threads | registers | at most | shared bytes | local bytes | instructions | 16-byte loads per turn |")
            .AppendLine("|---|---|---|---|---|---|---|---|")
            .AppendJoin('\n', rows)
            .AppendLine()
            .ToString();
    }

    /// <summary>One for each class of each voxel, one for the power of focal loss, and in Reduce one for the probability of the voxel's own
    /// class.</summary>
    private static int Exponentials(DeviceKernel kernel) => kernel.Width * (kernel.Leaves + (kernel.IsReduce ? 2 : 1));

    private static (string Cubin, AssembledKernel Assembled) Assemble(string folder, string kernel)
    {
        var cubin = Path.ChangeExtension(PtxFiles.PathOf(folder, kernel), $"{Architecture}.cubin");
        return (cubin, AssembledKernel.From(PtxFiles.PathOf(folder, kernel), Architecture, cubin));
    }

    private static string Row(string folder, ShapeKernel kernel)
    {
        var (_, assembled) = Assemble(folder, kernel.Name);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {kernel.Name} | {ShapeKernel.Threads} | {assembled.Registers} | | {assembled.SharedBytes} | {assembled.StackBytes} |  | |");
    }

    private static string Row(string folder, DeviceKernel kernel)
    {
        var (cubin, assembled) = Assemble(folder, kernel.Name);
        var (budget, loop) = ("", " | ");
        if (!kernel.IsScore)
            budget = kernel.RegisterBudget.ToString(CultureInfo.InvariantCulture);
        if (kernel.Form == DeviceForm.Labels)
        {
            var main = MainLoop.In(cubin, Exponentials(kernel));
            var perVoxel = main.Instructions / (double)kernel.Width;
            loop = string.Create(CultureInfo.InvariantCulture, $"{perVoxel:F0} | {main.WideLoads}");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {kernel.Name} | {kernel.Threads} | {assembled.Registers} | {budget} | {assembled.SharedBytes} | {assembled.StackBytes} | "
            + $"{loop} |");
    }
}
