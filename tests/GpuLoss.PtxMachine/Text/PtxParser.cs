using System.Globalization;

namespace GpuLoss.PtxMachine;

/// <summary>
/// Reads the functions of a text. Braces open scopes of registers (inline assembly opens one in one instruction and closes it in a later
/// one); labels belong to the function.
/// </summary>
internal sealed class PtxParser(string text)
{
    private readonly List<PtxToken> tokens = PtxLexer.Tokens(text);
    private readonly PtxModule module = new(text);
    private int at;

    private PtxToken Current => at < tokens.Count ? tokens[at] : throw new PtxSyntaxException(tokens[^1].Line, "the text ends too early.");

    public PtxModule Module()
    {
        while (at < tokens.Count)
        {
            switch (Current.Text)
            {
                case ".version" or ".target" or ".address_size":
                    at += 2;
                    break;
                case ".visible" or ".extern" or ".weak":
                    at++;
                    break;
                case ".entry" or ".func":
                    Function();
                    break;
                default:
                    throw Unknown("declaration");
            }
        }

        return module;
    }

    private void Function()
    {
        var isKernel = Take().Text == ".entry";
        var results = Current.Text == "(" ? Parameters() : [];
        var function = new PtxFunction(module, Take().Text, isKernel);
        var inputs = Current.Text == "(" ? Parameters() : [];
        while (Current.Text is not ("{" or ";"))
            Directive(function);
        if (Take().Text == ";")
            return; // a declaration; the function itself comes later
        var names = new PtxNames(function);
        if (isKernel)
        {
            var end = 0;
            foreach (var (_, name, size, alignment, _) in inputs)
            {
                var offset = (end + alignment - 1) / alignment * alignment;
                function.Parameters.Add(new PtxParameter(name, offset, size));
                end = offset + size;
            }
        }
        else
        {
            function.Inputs.AddRange(inputs.Select(input => names.DeclareParameter(Scalar(input))));
            function.Results.AddRange(results.Select(result => names.DeclareParameter(Scalar(result))));
        }

        Body(function, names);
        module.Functions[function.Name] = function;
    }

    private string Scalar((string Space, string Name, int Size, int Alignment, bool IsArray) variable) => variable.IsArray
        ? throw new PtxSyntaxException(
            Current.Line, $"the parameter {variable.Name} of a function is an array, which the machine does not know.")
        : variable.Name;

    private void Directive(PtxFunction function)
    {
        var name = Take();
        var numbers = new List<int>();
        while (Current.Text is not ("{" or ";") && !Current.Text.StartsWith('.'))
        {
            if (Current.Text != ",")
                numbers.Add(int.Parse(Current.Text, CultureInfo.InvariantCulture));
            at++;
        }

        if (name.Text == ".maxntid")
            function.MostThreads = numbers.Aggregate(1, (product, number) => product * number);
        else if (name.Text is not (".minnctapersm" or ".reqntid" or ".maxnreg"))
            throw new PtxSyntaxException(name.Line, $"unknown directive {name.Text}.");
    }

    private void Body(PtxFunction function, PtxNames names)
    {
        var labels = new Dictionary<string, int>();
        for (var depth = 1; depth > 0;)
        {
            switch (Current.Text)
            {
                case "{":
                    depth++;
                    names.Open();
                    at++;
                    break;
                case "}":
                    depth--;
                    names.Close();
                    at++;
                    break;
                case ";":
                    at++;
                    break;
                case ".reg" or ".local" or ".shared" or ".param":
                    Declaration(names);
                    break;
                default:
                    if (at + 1 < tokens.Count && tokens[at + 1].Text == ":")
                    {
                        labels[Take().Text] = function.Code.Count;
                        at++;
                    }
                    else
                    {
                        Instruction(function, names);
                    }

                    break;
            }
        }

        foreach (var branch in function.Code.Where(instruction => instruction.Label != ""))
        {
            branch.Target = labels.TryGetValue(branch.Label, out var target)
                ? target
                : throw new PtxSyntaxException(branch.Line, $"the label {branch.Label} is not in {function.Name}.");
        }
    }

    /// <summary>".reg .b32 %r&lt;8&gt;, q0;" or ".shared .align 8 .b8 name[576];" (PTX ISA, 5.4 Variables).</summary>
    private void Declaration(PtxNames names)
    {
        if (Current.Text != ".reg")
        {
            var variable = Variable();
            if (variable.Space == ".param")
                names.DeclareParameter(Scalar(variable));
            else
                names.DeclareMemory(variable.Name, variable.Space == ".shared", variable.Size, variable.Alignment);
            return;
        }

        at++;
        var isPredicate = Take().Text == ".pred";
        for (; Current.Text != ";"; at++)
        {
            if (Current.Text == ",")
                continue;
            if (tokens[at + 1].Text == "<")
            {
                var count = int.Parse(tokens[at + 2].Text, CultureInfo.InvariantCulture);
                for (var i = 0; i < count; i++)
                    names.DeclareRegister($"{Current.Text}{i}", isPredicate);
                at += 3;
            }
            else
            {
                names.DeclareRegister(Current.Text, isPredicate);
            }
        }
    }

    private List<(string Space, string Name, int Size, int Alignment, bool IsArray)> Parameters()
    {
        var result = new List<(string, string, int, int, bool)>();
        Expect("(");
        while (Current.Text != ")")
        {
            result.Add(Variable());
            if (Current.Text == ",")
                at++;
        }

        at++;
        return result;
    }

    private (string Space, string Name, int Size, int Alignment, bool IsArray) Variable()
    {
        var space = Take().Text;
        var alignment = 0;
        if (Current.Text == ".align")
        {
            alignment = int.Parse(tokens[at + 1].Text, CultureInfo.InvariantCulture);
            at += 2;
        }

        var type = Take();
        var element = PtxTypes.SizeOf(type.Text[1..]) is var bytes and > 0 ? bytes
            : throw new PtxSyntaxException(type.Line, $"unknown type {type.Text}.");
        var (name, size, isArray) = (Take().Text, element, false);
        if (at < tokens.Count && Current.Text == "[")
        {
            size *= int.Parse(tokens[at + 1].Text, CultureInfo.InvariantCulture);
            (at, isArray) = (at + 3, true);
        }

        return (space, name, size, Math.Max(alignment, element), isArray);
    }

    private void Instruction(PtxFunction function, PtxNames names)
    {
        var begin = at;
        while (Current.Text != ";")
            at++;
        var words = tokens[begin..at];
        at++;
        function.Code.Add(InstructionReader.Read(words, function, names));
    }

    private PtxToken Take()
    {
        var token = Current;
        at++;
        return token;
    }

    private void Expect(string sign)
    {
        if (Take().Text != sign)
            throw new PtxSyntaxException(tokens[at - 1].Line, $"\"{sign}\" was expected, not \"{tokens[at - 1].Text}\".");
    }

    private PtxSyntaxException Unknown(string what) => new(Current.Line, $"unknown {what} {Current.Text}.");
}
