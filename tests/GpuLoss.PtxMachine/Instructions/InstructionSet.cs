namespace GpuLoss.PtxMachine;

/// <summary>
/// The instructions that the machine knows: those that ILGPU writes and their next of kin. Whatever is not listed is an error that names
/// it. Sections are those of the PTX ISA manual, 9.7 Instructions.
/// </summary>
internal static partial class InstructionSet
{
    /// <summary>Decides what an instruction does.</summary>
    /// <exception cref="PtxSyntaxException">The machine does not know it.</exception>
    public static void Bind(PtxInstruction instruction, PtxModule module)
    {
        var parts = instruction.Parts;
        switch (parts[0])
        {
            case "bra" when parts is ["bra"] or ["bra", "uni"]:
                (instruction.Flow, instruction.Class, instruction.IsUniform) = (Flow.Branch, InstructionClass.Control, parts.Length == 2);
                return;
            case "ret" or "exit" when parts.Length == 1:
                (instruction.Flow, instruction.Class) = (Flow.Return, InstructionClass.Control);
                return;
            case "call":
                BindCall(instruction, module);
                return;
            case "bar" when parts is ["bar", "sync"] && instruction.Sources.Length == 1:
                (instruction.Flow, instruction.Class) = (Flow.Barrier, InstructionClass.Barrier);
                return;
        }

        var type = parts[^1];
        var operation = parts[0] switch
        {
            "ld" when parts[1] == "relaxed" => AtomicOf(parts),
            "atom" or "red" => AtomicOf(parts),
            "ld" => LoadOf(parts, instruction),
            "st" => StoreOf(parts, instruction),
            "shfl" => ShuffleOf(parts, instruction),
            "mov" or "cvta" => MoveOf(parts),
            "nop" => Nothing,
            "selp" => SelectOf(parts),
            "setp" => CompareOf(parts),
            "testp" => TestOf(parts),
            "cvt" => ConvertOf(parts),
            "and" or "or" or "xor" or "not" when type == "pred" => PredicateOf(parts),
            _ => type is "f32" or "f64" ? FloatOf(parts) : IntegerOf(parts),
        };
        var expected = parts switch
        {
            ["ld" or "st" or "shfl", ..] => instruction.Sources.Length,
            ["mov" or "cvta" or "testp" or "not" or "neg" or "abs" or "ex2" or "lg2" or "rcp" or "sqrt", ..] => 1,
            ["cvt", "rn", "f16x2" or "bf16x2", "f32"] => 2,
            ["cvt", ..] => 1,
            ["selp" or "mad" or "fma" or "fmas" or "fmsa", ..] => 3,
            _ => 2,
        };
        if (operation is null || instruction.Sources.Length != expected)
            throw new PtxSyntaxException(instruction.Line, $"unknown instruction {instruction.Opcode}, in {instruction.Text}.");
        instruction.Execute = operation;
        instruction.Class = ClassOf(parts);
        instruction.Flow = parts[0] == "shfl" ? Flow.Shuffle : Flow.Plain;
    }

    private static void BindCall(PtxInstruction instruction, PtxModule module)
    {
        if (!module.Functions.TryGetValue(instruction.CalleeName, out var callee) || callee.Inputs.Count != instruction.Sources.Length
            || callee.Results.Count != instruction.Destinations.Length)
        {
            throw new PtxSyntaxException(instruction.Line, $"{instruction.CalleeName} is no function with these parameters.");
        }

        (instruction.Callee, instruction.Flow, instruction.Class) = (callee, Flow.Call, InstructionClass.Control);
    }

    /// <summary>What is left of a multiplication that was fused.</summary>
    private static void Nothing(Frame frame, PtxInstruction instruction, uint lanes)
    {
    }

    private static InstructionClass ClassOf(string[] parts) => parts[0] switch
    {
        "atom" => InstructionClass.Global,
        "red" => parts[2] == "shared" ? InstructionClass.Shared : InstructionClass.Global,
        "ld" or "st" => parts[1] switch
        {
            "global" or "relaxed" => InstructionClass.Global,
            "shared" => InstructionClass.Shared,
            "local" => InstructionClass.Local,
            _ => InstructionClass.Free,
        },
        "shfl" => InstructionClass.Shuffle,
        "cvt" => InstructionClass.Conversion,
        "cvta" or "nop" => InstructionClass.Free,
        "mov" or "selp" => InstructionClass.Integer,
        "ex2" or "lg2" => InstructionClass.SpecialFunction,
        "rcp" when parts[1] == "approx" => InstructionClass.SpecialFunction,
        _ => parts[^1] switch
        {
            "f32" => InstructionClass.Float32,
            "f64" => InstructionClass.Float64,
            _ => InstructionClass.Integer,
        },
    };
}
