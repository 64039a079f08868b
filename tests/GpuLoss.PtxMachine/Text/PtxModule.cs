namespace GpuLoss.PtxMachine;

/// <summary>The functions of a PTX text.</summary>
internal sealed class PtxModule(string text)
{
    /// <summary>What was read.</summary>
    public string Text => text;

    public Dictionary<string, PtxFunction> Functions { get; } = [];

    /// <summary>Reads a text and decides what each of its instructions does.</summary>
    /// <param name="text">The PTX.</param>
    /// <param name="fuses">Whether multiplications are fused with the additions of their results.</param>
    /// <exception cref="PtxSyntaxException">The machine does not understand it.</exception>
    public static PtxModule Parse(string text, bool fuses = false)
    {
        var module = new PtxParser(text).Module();
        foreach (var function in module.Functions.Values)
        {
            if (fuses)
                Contraction.Apply(function);
            foreach (var instruction in function.Code)
                InstructionSet.Bind(instruction, module);
            function.Order = CodeOrder.Of(function.Code);
        }

        return module;
    }
}

/// <summary>A parameter of a kernel or function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Where it lies in the buffer of a launch.</param>
/// <param name="Size">Its bytes.</param>
internal readonly record struct PtxParameter(string Name, int Offset, int Size);

/// <summary>A register that has the same value from the beginning on: a number, an address or a special register.</summary>
/// <param name="Register">Its number.</param>
/// <param name="Kind">Where the value comes from.</param>
/// <param name="Value">The bits of a number; the offset of a variable or parameter.</param>
/// <param name="Name">The name of a special register; the bytes of a parameter.</param>
internal readonly record struct PtxConstant(int Register, ConstantKind Kind, ulong Value, string Name = "");

internal enum ConstantKind
{
    Number,
    Predicate,
    Special,
    Shared,
    Local,
    KernelParameter,
}

/// <summary>A kernel or a function: its instructions, with registers by number.</summary>
internal sealed class PtxFunction(PtxModule module, string name, bool isKernel)
{
    public PtxModule Module => module;

    public string Name => name;

    public bool IsKernel => isKernel;

    public List<PtxInstruction> Code { get; } = [];

    /// <summary>The place of each instruction in the order in which lanes go on, see <see cref="CodeOrder"/>.</summary>
    public int[] Order { get; set; } = [];

    /// <summary>Of a kernel: what lies in the buffer of a launch.</summary>
    public List<PtxParameter> Parameters { get; } = [];

    /// <summary>Of a function: the registers of its parameters, and of its result, if any.</summary>
    public List<int> Inputs { get; } = [];

    public List<int> Results { get; } = [];

    public List<PtxConstant> Constants { get; } = [];

    /// <summary>The registers, those of constants included.</summary>
    public int Registers { get; set; }

    public int SharedBytes { get; set; }

    public int LocalBytes { get; set; }

    /// <summary>The most threads that a block may have; 0 where the text does not say.</summary>
    public int MostThreads { get; set; }

    public int ParameterBytes => Parameters.Count == 0 ? 0 : Parameters[^1].Offset + Parameters[^1].Size;

    public override string ToString() => name;
}
