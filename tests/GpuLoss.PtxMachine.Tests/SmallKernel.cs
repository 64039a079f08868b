using System.Globalization;
using System.Runtime.InteropServices;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>Runs a few lines of PTX that are given the address of an output and of an input.</summary>
internal static unsafe class SmallKernel
{
    /// <summary>Registers that every kernel has; out and in are in %rd0 and %rd1, the number of the thread in %r0, its places in %rd2 and
    /// %rd3.</summary>
    private const string Beginning = """
        .version 7.8
        .target sm_80
        .address_size 64
        .visible .entry Kernel(
            .param .b64 out,
            .param .align 8 .b8 in[16]
        )
        .maxntid 1024, 1, 1
        {
            .shared .align 8 .b8 shared[256];
            .local .align 8 .b8 local[16];
            .reg .pred %p<9>;
            .reg .b16 %rs<9>;
            .reg .b32 %r<9>;
            .reg .b64 %rd<9>;
            .reg .f32 %f<9>;
            .reg .f64 %fd<9>;
            ld.param.b64 %rd0, [out];
            ld.param.b64 %rd1, [in];
            mov.b32 %r0, %tid.x;
            mul.wide.u32 %rd3, %r0, 8;
            add.u64 %rd2, %rd0, %rd3;
            add.u64 %rd3, %rd1, %rd3;

        """;

    /// <summary>What each thread leaves: eight bytes.</summary>
    /// <param name="body">The instructions; each thread stores to %rd2 and may load its own eight bytes from %rd3.</param>
    /// <param name="inputs">Eight bytes for each thread.</param>
    /// <param name="blocks">Blocks along x.</param>
    /// <param name="options">Of the machine.</param>
    /// <param name="outputs">How many outputs are allocated; by default one for each thread.</param>
    public static ulong[] Run(
        string body, ulong[] inputs, int blocks = 1, MachineOptions? options = null, int? outputs = null, int? threads = null) =>
        Launch(body, inputs, blocks, options, outputs, threads).Outputs;

    public static (ulong[] Outputs, LaunchCounters Counters) Launch(
        string body, ulong[] inputs, int blocks = 1, MachineOptions? options = null, int? outputs = null, int? threads = null)
    {
        options ??= new MachineOptions();
        var function = PtxModule.Parse(Beginning + body + "\nret;\n}", options.Fuses).Functions["Kernel"];
        var bytes = (outputs ?? blocks * inputs.Length) * sizeof(ulong);
        var output = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(8, bytes), 256);
        var input = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(8, inputs.Length * sizeof(ulong)), 256);
        try
        {
            MemoryMarshal.AsBytes(inputs.AsSpan()).CopyTo(new Span<byte>(input, inputs.Length * sizeof(ulong)));
            new Span<byte>(output, bytes).Clear();
            var global = new GlobalMemory(options.WatchesMemory);
            global.Add((ulong)output, bytes, isWritten: false);
            global.Add((ulong)input, inputs.Length * sizeof(ulong), isWritten: true);
            var parameters = new byte[24];
            BitConverter.TryWriteBytes(parameters, (ulong)output);
            BitConverter.TryWriteBytes(parameters.AsSpan(8), (ulong)input);
            BitConverter.TryWriteBytes(parameters.AsSpan(16), (long)inputs.Length);
            var launch = new Launch(function, parameters, (blocks, 1, 1), threads ?? inputs.Length, 0, options, global);
            var counters = launch.Run();
            return (new Span<ulong>(output, bytes / sizeof(ulong)).ToArray(), counters);
        }
        finally
        {
            NativeMemory.AlignedFree(output);
            NativeMemory.AlignedFree(input);
        }
    }

    /// <summary>The fault of a wrong kernel.</summary>
    public static PtxFaultException Fault(string body, int threads = 32, int blocks = 1, int? outputs = null) =>
        Assert.Throws<PtxFaultException>(() => Run(body, new ulong[threads], blocks, outputs: outputs));

    /// <summary>The bits of a number: of float32 with an f at its end, of float64 with a d, else an integer.</summary>
    public static ulong Bits(string number) => number[^1] switch
    {
        'f' when !number.StartsWith("0x", StringComparison.Ordinal) =>
            BitConverter.SingleToUInt32Bits(float.Parse(number[..^1], CultureInfo.InvariantCulture)),
        'd' when !number.StartsWith("0x", StringComparison.Ordinal) =>
            BitConverter.DoubleToUInt64Bits(double.Parse(number[..^1], CultureInfo.InvariantCulture)),
        _ when number.StartsWith("0x", StringComparison.Ordinal) =>
            ulong.Parse(number.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        _ => unchecked((ulong)long.Parse(number, CultureInfo.InvariantCulture)),
    };
}
