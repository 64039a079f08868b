using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuLoss.Cli.Volumes;

/// <summary>The edges of a voxel along x, y and z, in mm. One number stands for a cube.</summary>
[JsonConverter(typeof(JsonArray))]
internal readonly record struct VoxelSpacing(double X, double Y, double Z) : IFormattable
{
    private const double Tolerance = 1e-3;

    /// <summary>A cube.</summary>
    public static implicit operator VoxelSpacing(double edge) => new(edge, edge, edge);

    /// <summary>The median of every axis, of an even number the mean of the two in the middle: the rule of nnU-Net (Isensee
    /// 2021).</summary>
    public static VoxelSpacing Median(IReadOnlyCollection<VoxelSpacing> spacings) => new(
        Median(spacings.Select(spacing => spacing.X)), Median(spacings.Select(spacing => spacing.Y)),
        Median(spacings.Select(spacing => spacing.Z)));

    /// <summary>Whether no edge differs by more than a thousandth.</summary>
    public bool IsNear(VoxelSpacing other) => IsNear(X, other.X) && IsNear(Y, other.Y) && IsNear(Z, other.Z);

    /// <summary>"2" of a cube, "0.9×0.9×3" of others.</summary>
    public override string ToString() => ToString(null, null);

    /// <summary>The same with the numbers in a format; they are those of no culture.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        string Show(double edge) => edge.ToString(format ?? "0.####", CultureInfo.InvariantCulture);
        var (x, y, z) = (Show(X), Show(Y), Show(Z));
        return x == y && y == z ? x : $"{x}×{y}×{z}";
    }

    private static bool IsNear(double a, double b) => Math.Abs(a - b) <= Tolerance * b;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>[x, y, z].</summary>
    private sealed class JsonArray : JsonConverter<VoxelSpacing>
    {
        public override VoxelSpacing Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<double[]>(ref reader, options) is [var x, var y, var z] ? new(x, y, z)
                : throw new JsonException("Three numbers are needed.");

        public override void Write(Utf8JsonWriter writer, VoxelSpacing value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new[] { value.X, value.Y, value.Z }, options);
    }
}
