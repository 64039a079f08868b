using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>
/// Tests of the host engine assert on which registers they ran: a machine, or .NET's settings, may lack the ones that were meant.
/// </summary>
public abstract class HostPath
{
    /// <summary>Tells a process which registers its tests have to have run on.</summary>
    public const string Variable = "GPULOSS_TEST_REGISTERS";

    /// <summary>
    /// What fails in a backward of <c>autograd.grad</c> ends a process, and torch's message does not have the cause: it is written down.
    /// </summary>
    static HostPath()
    {
        if (Environment.GetEnvironmentVariable(Variable) == null)
            return;
        AppDomain.CurrentDomain.FirstChanceException += (_, first) =>
        {
            if (Environment.StackTrace.Contains(".backward(", StringComparison.Ordinal))
                Console.Error.WriteLine($"In a backward: {first.Exception}\n{Environment.StackTrace}");
        };
    }

    protected HostPath() => Assert.Equal(Expected, HostEngine.WidestRegisters);

    /// <summary>The registers that the processor has, or those the process was told.</summary>
    internal static HostRegisters Expected => Environment.GetEnvironmentVariable(Variable) is { } name
        ? Enum.Parse<HostRegisters>(name)
        : Avx512F.IsSupported && Avx512DQ.IsSupported ? HostRegisters.Vector512
        : Avx2.IsSupported && Fma.IsSupported ? HostRegisters.Vector256
        : HostRegisters.Vector128;
}
