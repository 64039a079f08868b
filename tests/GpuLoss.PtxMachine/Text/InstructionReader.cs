using System.Globalization;

namespace GpuLoss.PtxMachine;

/// <summary>Reads one instruction: guard, opcode, operands.</summary>
internal static class InstructionReader
{
    /// <summary>Reads the words between two semicolons.</summary>
    public static PtxInstruction Read(List<PtxToken> words, PtxFunction function, PtxNames names)
    {
        var at = 0;
        var (guard, negated) = (-1, false);
        if (words[0].Text == "@")
        {
            negated = words[1].Text == "!";
            at = negated ? 3 : 2;
            guard = names.Register(words[at - 1], isPredicate: true);
        }

        var opcode = words[at++];
        var text = string.Join(' ', words.Select(word => word.Text));
        var instruction = new PtxInstruction(
            opcode.Text, text, opcode.Line, function.Code.Count)
        { Guard = guard, GuardIsNegated = negated };
        var operands = Operands(words, at);
        switch (instruction.Parts[0])
        {
            case "bra":
                instruction.Label = operands[0][0].Text;
                break;
            case "ret" or "exit":
                break;
            case "call":
                Call(instruction, operands, names);
                break;
            case "bar":
                instruction.Sources = [.. operands.Select(operand => names.Register(operand[0]))];
                break;
            case "ld":
                Load(instruction, operands, function, names);
                break;
            case "atom":
                Atomic(instruction, operands, names);
                break;
            case "st" or "red":
                Store(instruction, operands, names);
                break;
            default:
                Plain(instruction, operands, names);
                break;
        }

        instruction.Settle();
        return instruction;
    }

    /// <summary>Splits at the commas that are in no bracket.</summary>
    private static List<List<PtxToken>> Operands(List<PtxToken> words, int at)
    {
        var (result, depth) = (new List<List<PtxToken>>(), 0);
        for (; at < words.Count; at++)
        {
            var word = words[at];
            if (word.Text == "," && depth == 0)
            {
                result.Add([]);
                continue;
            }

            depth += word.Text is "{" or "[" or "(" ? 1 : word.Text is "}" or "]" or ")" ? -1 : 0;
            if (result.Count == 0)
                result.Add([]);
            result[^1].Add(word);
        }

        return result;
    }

    private static void Plain(PtxInstruction instruction, List<List<PtxToken>> operands, PtxNames names)
    {
        // Of setp and testp the first operand is a predicate; of selp the last; of the logic of predicates all are.
        var (parts, last) = (instruction.Parts, operands.Count - 1);
        var all = parts[^1] == "pred";
        bool IsPredicate(int i) => all || (i == 0 && parts[0] is "setp" or "testp") || (i == last && parts[0] == "selp");
        if (operands.Count == 0)
            throw new PtxSyntaxException(instruction.Line, $"unknown instruction {instruction.Opcode}.");
        instruction.Destinations = operands[0] is [var first, { Text: "|" }, var second]
            ? [names.Register(first), names.Register(second, isPredicate: true)]
            : [names.Register(Single(operands[0]), IsPredicate(0))];
        instruction.Sources = [.. operands.Skip(1).Select((operand, i) => names.Register(Single(operand), IsPredicate(i + 1)))];
    }

    private static void Load(PtxInstruction instruction, List<List<PtxToken>> operands, PtxFunction function, PtxNames names)
    {
        instruction.Destinations = [.. Vector(operands[0]).Select(word => names.Register(word))];
        var (register, offset) = Address(operands[1]);
        if (instruction.Parts[1] == "param" && function.IsKernel && function.Parameters.Any(parameter => parameter.Name == register.Text))
        {
            var size = PtxTypes.SizeOf(instruction.Parts[^1]);
            instruction.Sources = [names.KernelParameter(register, (int)offset, size)];
            return;
        }

        (instruction.Sources, instruction.Offset) = ([names.Register(register)], offset);
    }

    private static void Atomic(PtxInstruction instruction, List<List<PtxToken>> operands, PtxNames names)
    {
        var (register, offset) = Address(operands[1]);
        instruction.Destinations = [names.Register(Single(operands[0]))];
        (instruction.Sources, instruction.Offset) = ([names.Register(register), names.Register(Single(operands[2]))], offset);
    }

    private static void Store(PtxInstruction instruction, List<List<PtxToken>> operands, PtxNames names)
    {
        var (register, offset) = Address(operands[0]);
        var values = Vector(operands[1]).Select(word => names.Register(word));
        if (instruction.Parts[1] == "param")
            (instruction.Destinations, instruction.Sources) = ([names.Register(register)], [.. values]);
        else
            (instruction.Sources, instruction.Offset) = ([names.Register(register), .. values], offset);
    }

    /// <summary>"call.uni (result), name, (argument, argument)" (PTX ISA, 9.7.12.5).</summary>
    private static void Call(PtxInstruction instruction, List<List<PtxToken>> operands, PtxNames names)
    {
        var lists = operands.Where(operand => operand[0].Text == "(").ToArray();
        instruction.CalleeName = operands.Single(operand => operand[0].Text != "(")[0].Text;
        var hasResult = operands[0][0].Text == "(";
        instruction.Destinations = hasResult ? [.. Vector(lists[0]).Select(word => names.Register(word))] : [];
        instruction.Sources = [.. lists.Skip(hasResult ? 1 : 0).SelectMany(Vector).Select(word => names.Register(word))];
    }

    private static PtxToken Single(List<PtxToken> operand) => operand.Count == 1
        ? operand[0]
        : throw new PtxSyntaxException(operand[0].Line, $"unknown operand {string.Concat(operand.Select(word => word.Text))}.");

    private static IEnumerable<PtxToken> Vector(List<PtxToken> operand) =>
        operand.Where(word => word.Text is not ("{" or "}" or "," or "(" or ")"));

    /// <summary>"[register+8]".</summary>
    private static (PtxToken Register, long Offset) Address(List<PtxToken> operand) => operand switch
    {
        [_, var register, _] => (register, 0),
        [_, var register, { Text: "+" }, var offset, _] => (register, long.Parse(offset.Text, CultureInfo.InvariantCulture)),
        [_, var register, var offset, _] => (register, long.Parse(offset.Text, CultureInfo.InvariantCulture)),
        _ => throw new PtxSyntaxException(operand[0].Line, $"unknown address {string.Concat(operand.Select(word => word.Text))}."),
    };
}
