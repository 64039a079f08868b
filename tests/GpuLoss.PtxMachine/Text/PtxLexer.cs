namespace GpuLoss.PtxMachine;

/// <summary>A word or a sign of PTX text.</summary>
/// <param name="Text">It.</param>
/// <param name="Line">Its line, from 1.</param>
internal readonly record struct PtxToken(string Text, int Line);

/// <summary>
/// Takes PTX text apart (PTX ISA, 4 Syntax). Names, opcodes with all their modifiers, and numbers with their sign are one word each.
/// </summary>
internal static class PtxLexer
{
    public static List<PtxToken> Tokens(string text)
    {
        var (tokens, line, at) = (new List<PtxToken>(), 1, 0);
        while (at < text.Length)
        {
            var sign = text[at];
            if (sign == '\n')
                line++;
            if (char.IsWhiteSpace(sign))
            {
                at++;
            }
            else if (text.AsSpan(at).StartsWith("//"))
            {
                at = EndOf(text, at, "\n");
                line++;
            }
            else if (text.AsSpan(at).StartsWith("/*"))
            {
                var end = EndOf(text, at, "*/");
                line += text.AsSpan(at, end - at).Count('\n');
                at = end;
            }
            else
            {
                var length = Math.Max(1, WordLength(text, at));
                tokens.Add(new PtxToken(text.Substring(at, length), line));
                at += length;
            }
        }

        return tokens;
    }

    /// <summary>The place after the next end sign; after the text where there is none.</summary>
    private static int EndOf(string text, int at, string sign)
    {
        var found = text.IndexOf(sign, at, StringComparison.Ordinal);
        return found < 0 ? text.Length : found + sign.Length;
    }

    private static int WordLength(string text, int begin)
    {
        var at = begin;
        if (text[at] == '-' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))
            at++;
        while (at < text.Length)
        {
            if (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '$' or '%' or '.')
                at++;
            else if (text.AsSpan(at).StartsWith("::"))
                at += 2; // ".L1::no_allocate"
            else
                break;
        }

        return at - begin;
    }
}
