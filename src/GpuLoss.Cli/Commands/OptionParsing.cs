using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace GpuLoss.Cli.Commands;

/// <summary>Options whose values are checked while they are read: a wrong one is an error with the option's name, no exception.</summary>
internal static class OptionParsing
{
    /// <summary>An option that takes a whole number.</summary>
    public static Option<int> Number(string name, string description, int value, Func<int, bool> isValid, string expected) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result => Parser<int?>(
            text => int.TryParse(text, CultureInfo.InvariantCulture, out var number) && isValid(number) ? number : null,
            name, expected)(result) ?? value,
    };

    /// <summary>An option that takes a number.</summary>
    public static Option<double> Real(string name, string description, double value, Func<double, bool> isValid, string expected) =>
        new(name)
        {
            Description = description,
            DefaultValueFactory = _ => value,
            CustomParser = result => Parser<double?>(
                text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && isValid(number) ? number
                    : null,
                name, expected)(result) ?? value,
        };

    /// <summary>An option that takes one of some words, the first where it is not given.</summary>
    public static Option<string> OneOf(string name, string description, IReadOnlyList<string> values, string? value = null)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            DefaultValueFactory = _ => value ?? values[0],
            CustomParser = Parser(text => values.Contains(text) ? text : null!, name, $"one of {string.Join(", ", values)}"),
        };
        option.CompletionSources.Add([.. values]);
        return option;
    }

    /// <summary>Reads the one word of an option; null stands for no value.</summary>
    public static Func<ArgumentResult, T> Parser<T>(Func<string, T> read, string name, string expected) => result =>
    {
        var text = result.Tokens[0].Value;
        var value = read(text);
        if (value is null)
            result.AddError($"{name} must be {expected}, not {text}.");
        return value;
    };
}
