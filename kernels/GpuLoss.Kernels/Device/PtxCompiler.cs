using System.Reflection;
using System.Text.RegularExpressions;
using GpuLoss.Kernels.Shape.Device;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuLoss.Kernels.Device;

/// <summary>A kernel as the CUDA driver takes it.</summary>
/// <param name="Text">The PTX.</param>
/// <param name="EntryPoint">The name of the function in it.</param>
internal sealed record PtxKernel(string Text, string EntryPoint);

/// <summary>
/// Compiles kernels to PTX, without a GPU. The target is always the same, so that what is tested is what runs: sm_80 (Ampere; later devices
/// run it too) in PTX ISA 7.8.
/// </summary>
internal static partial class PtxCompiler
{
    /// <summary>Compiles a kernel.</summary>
    public static PtxKernel Compile(DeviceKernel kernel) => Compile(
        DeviceKernelMethods.Of(kernel), kernel.IsScore,
        new KernelSpecialization(kernel.Threads, kernel.IsScore ? 1 : DeviceKernelTable.RowOf(kernel).BlocksOf(kernel.Step)));

    /// <summary>
    /// Compiles a kernel of the losses of shapes. ILGPU takes numbers for equal in all lanes that are not, where a loop ends by what it
    /// read, and
    /// promises the assembler branches that all lanes take: those promises are taken out.
    /// </summary>
    public static PtxKernel Compile(ShapeKernel kernel)
    {
        var made = Compile(kernel.Method, isExact: true, new KernelSpecialization(ShapeKernel.Threads, ShapeKernel.Blocks));
        return made with { Text = GuardedUniformBranch().Replace(made.Text, "$1bra") };
    }

    /// <summary>
    /// Compiles in a context of its own, which takes less than a millisecond. A context keeps what it has made of methods, and what it
    /// makes of the next kernel depends on it: after some others the classes of a voxel would stay in memory, not in registers.
    /// </summary>
    /// <param name="method">The kernel.</param>
    /// <param name="isExact">Whether its exponentials and reciprocals may not be the hardware's approximations.</param>
    /// <param name="specialization">The threads of a block, and the blocks of a multiprocessor.</param>
    private static PtxKernel Compile(MethodInfo method, bool isExact, KernelSpecialization specialization)
    {
        using var context = Context.Create(builder =>
            builder.Optimize(OptimizationLevel.O2).EnableAlgorithms().Math(isExact ? MathMode.Default : MathMode.Fast));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null!);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), specialization);
        return new PtxKernel(compiled.PTXAssembly, compiled.Name);
    }

    [GeneratedRegex(@"(@[ ]?!?%p[0-9]+[ ])bra\.uni")]
    private static partial Regex GuardedUniformBranch();
}
