namespace GpuLoss.PtxMachine;

/// <summary>
/// Fuses a multiplication with the addition of its result, as ptxas may do where neither names a rounding (PTX ISA, 9.7.3.3 add). Both have
/// to be in one basic block, nothing else may use the product, and nothing may write the factors between them.
/// </summary>
internal static class Contraction
{
    public static void Apply(PtxFunction function)
    {
        var code = function.Code;
        var uses = new int[function.Registers];
        var definitions = new int[function.Registers];
        foreach (var instruction in code)
        {
            foreach (var register in instruction.Sources)
                uses[register]++;
            foreach (var register in instruction.Destinations)
                definitions[register]++;
            if (instruction.Guard >= 0)
                uses[instruction.Guard]++;
        }

        var begins = code.Where(instruction => instruction.Label != "").Select(instruction => instruction.Target).ToHashSet();
        foreach (var product in code.Where(instruction =>
            instruction.Opcode is "mul.ftz.f32" or "mul.f32" or "mul.f64" && instruction.Guard < 0))
        {
            if (uses[product.Dest] == 1 && definitions[product.Dest] == 1)
                Fuse(code, begins, product);
        }
    }

    private static void Fuse(List<PtxInstruction> code, HashSet<int> begins, PtxInstruction product)
    {
        var suffix = product.Opcode["mul".Length..];
        for (var at = product.Index + 1; at < code.Count && !begins.Contains(at); at++)
        {
            var next = code[at];
            if (next.Parts[0] is "bra" or "ret" or "call" or "bar")
                return;
            if (next.Sources.Contains(product.Dest))
            {
                if (next.Guard >= 0 || next.Opcode[3..] != suffix || next.Parts[0] is not ("add" or "sub"))
                    return;
                var isFirst = next.A == product.Dest;
                var addend = isFirst ? next.B : next.A;
                next.Sources = [product.A, product.B, addend];
                next.Become((next.Parts[0] == "add" ? "fma" : isFirst ? "fmas" : "fmsa") + suffix);
                next.Settle();
                product.Become("nop" + suffix);
                return;
            }

            if (next.Destinations.Contains(product.A) || next.Destinations.Contains(product.B))
                return;
        }
    }
}
