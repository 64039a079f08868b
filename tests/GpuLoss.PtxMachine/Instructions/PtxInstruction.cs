namespace GpuLoss.PtxMachine;

/// <summary>Does an instruction in some lanes of a warp.</summary>
internal delegate void Operation(Frame frame, PtxInstruction instruction, uint lanes);

/// <summary>What the scheduler has to know of an instruction.</summary>
internal enum Flow
{
    Plain,
    Branch,
    Return,
    Call,
    Barrier,
    Shuffle,
}

/// <summary>An instruction, taken apart once and executed often.</summary>
internal sealed class PtxInstruction(string opcode, string text, int line, int index)
{
    /// <summary>The opcode with its modifiers.</summary>
    public string Opcode { get; private set; } = opcode;

    /// <summary>The modifiers, the opcode itself first.</summary>
    public string[] Parts { get; private set; } = opcode.Split('.');

    /// <summary>Whether it loads from memory that nobody may write in this launch.</summary>
    public bool IsConstantLoad { get; } = opcode.StartsWith("ld.global.nc", StringComparison.Ordinal);

    public string Text => text;

    public int Line => line;

    /// <summary>Its place in the function.</summary>
    public int Index => index;

    /// <summary>The predicate that guards it; -1 where none does.</summary>
    public int Guard { get; set; } = -1;

    public bool GuardIsNegated { get; set; }

    /// <summary>The registers that it writes.</summary>
    public int[] Destinations { get; set; } = [];

    /// <summary>The registers that it reads.</summary>
    public int[] Sources { get; set; } = [];

    public int Dest { get; private set; } = -1;

    public int A { get; private set; }

    public int B { get; private set; }

    public int C { get; private set; }

    /// <summary>The constant added to the address in register A.</summary>
    public long Offset { get; set; }

    /// <summary>The label of a branch, until it is found.</summary>
    public string Label { get; set; } = "";

    public int Target { get; set; }

    /// <summary>The function that is called.</summary>
    public string CalleeName { get; set; } = "";

    public PtxFunction? Callee { get; set; }

    public Flow Flow { get; set; }

    /// <summary>Whether a branch promises that all lanes of the warp take the same way.</summary>
    public bool IsUniform { get; set; }

    public InstructionClass Class { get; set; }

    public Operation Execute { get; set; } = null!;

    /// <summary>Makes it another instruction.</summary>
    public void Become(string opcode) => (Opcode, Parts) = (opcode, opcode.Split('.'));

    /// <summary>Copies the registers to where they are found at once. Register 0 is a constant 0 in every function.</summary>
    public void Settle()
    {
        Dest = Destinations.Length > 0 ? Destinations[0] : -1;
        A = Sources.Length > 0 ? Sources[0] : 0;
        B = Sources.Length > 1 ? Sources[1] : 0;
        C = Sources.Length > 2 ? Sources[2] : 0;
    }

    public override string ToString() => $"\"{text}\" (line {line})";
}
