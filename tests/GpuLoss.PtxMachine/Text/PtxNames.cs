using System.Globalization;

namespace GpuLoss.PtxMachine;

/// <summary>
/// The names of a function, scope by scope, and the registers that stand for them. A number, the address of a variable, a special register
/// or a kernel's parameter is a register that never changes, so that every operand is one; so is a parameter of a function that is called.
/// </summary>
internal sealed class PtxNames
{
    /// <summary>The registers that say who a thread is (PTX ISA, 10 Special Registers).</summary>
    private static readonly HashSet<string> Special =
    [
        "%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y",
        "%nctaid.z",
        "%laneid",
    ];

    private readonly PtxFunction function;
    private readonly Stack<Dictionary<string, (int Register, bool IsPredicate)>> scopes = new();
    private readonly Dictionary<string, (ConstantKind Kind, int Offset)> memory = [];
    private readonly Dictionary<(ConstantKind, ulong, string), int> constants = [];

    public PtxNames(PtxFunction function)
    {
        this.function = function;
        scopes.Push([]);
        Constant(ConstantKind.Number, 0);
    }

    public void Open() => scopes.Push([]);

    public void Close() => scopes.Pop();

    public int DeclareRegister(string name, bool isPredicate = false)
    {
        scopes.Peek()[name] = (function.Registers, isPredicate);
        return function.Registers++;
    }

    /// <summary>A parameter of a function, which is called with it or calls with it.</summary>
    public int DeclareParameter(string name) => DeclareRegister(name);

    public void DeclareMemory(string name, bool isShared, int size, int alignment)
    {
        var end = isShared ? function.SharedBytes : function.LocalBytes;
        var offset = (end + alignment - 1) / alignment * alignment;
        memory[name] = (isShared ? ConstantKind.Shared : ConstantKind.Local, offset);
        if (isShared)
            function.SharedBytes = offset + size;
        else
            function.LocalBytes = offset + size;
    }

    /// <summary>The register of an operand.</summary>
    public int Register(PtxToken operand, bool isPredicate = false) =>
        TryRegister(operand.Text, isPredicate) ?? throw new PtxSyntaxException(operand.Line, $"{operand.Text} is not declared.");

    /// <summary>The register that holds the bytes of a kernel's parameter.</summary>
    public int KernelParameter(PtxToken name, int offset, int size)
    {
        foreach (var parameter in function.Parameters)
        {
            if (parameter.Name == name.Text && offset >= 0 && offset + size <= parameter.Size)
                return Constant(ConstantKind.KernelParameter, (ulong)(parameter.Offset + offset),
                    size.ToString(CultureInfo.InvariantCulture));
        }

        throw new PtxSyntaxException(name.Line, $"the kernel has no parameter {name.Text} with {size} bytes at {offset}.");
    }

    private int? TryRegister(string operand, bool isPredicate)
    {
        foreach (var scope in scopes)
        {
            if (scope.TryGetValue(operand, out var declared))
                return declared.Register;
        }

        if (memory.TryGetValue(operand, out var variable))
            return Constant(variable.Kind, (ulong)variable.Offset);
        if (Special.Contains(operand))
            return Constant(ConstantKind.Special, 0, operand);
        return Number(operand) is { } number ? Constant(isPredicate ? ConstantKind.Predicate : ConstantKind.Number, number) : null;
    }

    /// <summary>The bits of a number (PTX ISA, 4.5 Constants).</summary>
    private static ulong? Number(string text)
    {
        if (text.StartsWith("0f", StringComparison.OrdinalIgnoreCase) || text.StartsWith("0d", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) ? bits : null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return unchecked((ulong)number);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var large) ? large : null;
    }

    private int Constant(ConstantKind kind, ulong value, string name = "")
    {
        if (constants.TryGetValue((kind, value, name), out var known))
            return known;
        var register = function.Registers++;
        function.Constants.Add(new PtxConstant(register, kind, value, name));
        return constants[(kind, value, name)] = register;
    }
}
