using System.Globalization;
using System.Text.Json;

namespace GpuLoss.Cli.Volumes;

/// <summary>Which labels of a file make up which class. Labels that no class names are background, class 0.</summary>
internal sealed class ClassMap
{
    private const int MostClasses = 255;
    private const string Background = "background";

    private readonly Dictionary<long, byte> classOfLabel = [];
    private readonly List<string> names = [Background];

    private ClassMap(IEnumerable<(string Name, IReadOnlyList<long> Labels)> classes)
    {
        foreach (var (name, labels) in classes)
            Add(name, labels);
        if (names.Count == 1)
            throw new InputException("--classes names no class.");
    }

    /// <summary>The names of the classes, background first.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>The class of a label.</summary>
    public byte this[long label] => classOfLabel.GetValueOrDefault(label);

    /// <summary>Reads "name=1,2;name=3" or, where the text ends in .json, a file { "name": [1, 2] }.</summary>
    public static ClassMap Parse(string text) =>
        text.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? FromJson(text) : FromText(text);

    /// <summary>One class per label that occurs, 0 aside.</summary>
    /// <param name="labels">The labels that occur.</param>
    /// <param name="source">Where, for messages.</param>
    public static ClassMap OfLabels(IEnumerable<long> labels, string source)
    {
        var foreground = labels.Where(label => label > 0).Distinct().Order().ToList();
        return foreground.Count switch
        {
            0 => throw new InputException($"{source}: all labels are 0, which is the background; there is nothing to learn."),
            > MostClasses => throw new InputException(
                $"{source}: {foreground.Count} different labels, from {foreground[0]} to {foreground[^1]};"
                + $" at most {MostClasses} classes are supported: group them with --classes."),
            _ => new(foreground.Select(label => ($"label {label}", (IReadOnlyList<long>)[label]))),
        };
    }

    /// <summary>A map made of names and labels.</summary>
    public static ClassMap From(params (string Name, IReadOnlyList<long> Labels)[] classes) => new(classes);

    private static ClassMap FromText(string text) => new(text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part =>
    {
        var sides = part.Split('=');
        if (sides.Length != 2)
            throw new InputException($"--classes: \"{part.Trim()}\" is not of the form name=1,2,3.");
        return (sides[0].Trim(), (IReadOnlyList<long>)[.. sides[1].Split(',').Select(Label)]);
    }));

    private static long Label(string text) =>
        long.TryParse(text, NumberStyles.None | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture, out var label)
        ? label
        : throw new InputException($"--classes: \"{text.Trim()}\" is not a label, a whole number from 0 up.");

    private static ClassMap FromJson(string path)
    {
        try
        {
            // A dictionary would keep the last of two classes with one name.
            using var file = JsonDocument.Parse(File.ReadAllText(path));
            return new(file.RootElement.EnumerateObject()
                .Select(entry => (entry.Name, (IReadOnlyList<long>)(entry.Value.Deserialize<long[]>() ?? []))).ToList());
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new InputException($"--classes {path}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private void Add(string name, IReadOnlyList<long> labels)
    {
        if (name.Length == 0 || names.Contains(name))
            throw new InputException(
                $"--classes: the class name \"{name}\" is empty or there twice (\"{Background}\" is all other labels).");
        if (labels.Count == 0)
            throw new InputException($"--classes: the class \"{name}\" has no labels.");
        if (names.Count > MostClasses)
            throw new InputException($"--classes: at most {MostClasses} classes beside the background are supported.");
        foreach (var label in labels)
        {
            if (label < 0 || !classOfLabel.TryAdd(label, (byte)names.Count))
                throw new InputException($"--classes: label {label} is negative or in two classes.");
        }

        names.Add(name);
    }
}
