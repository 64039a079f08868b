using GpuLoss.Kernels.Top.Device;
using ILGPU.Runtime;

namespace GpuLoss.Kernels.Device;

internal static partial class PtxCompiler
{
    /// <summary>Compiles a kernel of the largest values; its branches promise nothing, as those of the losses of shapes.</summary>
    public static PtxKernel Compile(TopKernel kernel)
    {
        var made = Compile(kernel.Method, isExact: true, new KernelSpecialization(TopKernel.Threads, TopKernel.Blocks));
        return made with { Text = GuardedUniformBranch().Replace(made.Text, "$1bra") };
    }
}
