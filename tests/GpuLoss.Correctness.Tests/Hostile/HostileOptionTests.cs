using System.Reflection;

namespace GpuLossTests;

/// <summary>Whatever number an option is given, the loss works, or says which option it cannot work with.</summary>
public class HostileOptionTests
{
    private static readonly double[] NoNumbers = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly double[] Numbers = [-1, -1e-300, 0, double.Epsilon, 1e-30, 1e30, 1e300, double.MaxValue, double.MinValue];
    private static readonly long[] Indices =
        [long.MinValue, int.MinValue, int.MinValue + 1L, -1, 2, int.MaxValue - 1L, int.MaxValue, 1L << 40, long.MaxValue];

    public static TheoryData<string> DoubleOptions => Options(typeof(double));

    public static TheoryData<string> IndexOptions => Options(typeof(long));

    public static TheoryData<string> EnumOptions =>
        [.. AllOptions().Where(option => Underlying(option).IsEnum).Select(PublicFace.Name)];

    public static TheoryData<string> WeightOptions =>
        [.. AllOptions().Where(option => option.ParameterType == typeof(Tensor) && option.HasDefaultValue).Select(PublicFace.Name)];

    [Theory]
    [MemberData(nameof(DoubleOptions))]
    public void A_number_works_or_is_refused_by_name(string name)
    {
        foreach (var value in Numbers)
            WorksOrIsRefused(name, value);
        foreach (var value in NoNumbers)
            AssertRefused(name, value);
    }

    [Theory]
    [MemberData(nameof(IndexOptions))]
    public void An_index_works_or_is_refused_by_name(string name)
    {
        foreach (var value in Indices)
            WorksOrIsRefused(name, value);
    }

    [Theory]
    [MemberData(nameof(EnumOptions))]
    public void A_value_that_an_enum_does_not_have_is_refused_by_name(string name)
    {
        var option = Option(name);
        AssertRefused(name, Enum.ToObject(Underlying(option), 77));
        AssertRefused(name, Enum.ToObject(Underlying(option), -1));

        // A value may ask for another option: without an activation, focal loss needs one of its own.
        var options = ((MethodInfo)option.Member).GetParameters().Select(parameter => parameter.Name).ToArray();
        foreach (var value in Enum.GetValues(Underlying(option)))
            WorksOrIsRefused(name, value, options);
    }

    [Theory]
    [MemberData(nameof(WeightOptions))]
    public void Weights_that_are_none_are_refused_by_name(string name)
    {
        using var scope = NewDisposeScope();
        AssertRefused(name, ones([3, 1]));
        AssertRefused(name, tensor(double.NaN));
        AssertRefused(name, tensor(-1.0));
        AssertRefused(name, tensor(1));
        AssertRefused(name, empty([0]));
        AssertRefused(name, ones(3, dtype: ScalarType.Int32));
        AssertRefused(name, ones(3, dtype: ScalarType.Bool));
        AssertRefused(name, ones(3, dtype: ScalarType.ComplexFloat64));
        AssertRefused(name, full(3, double.NaN));
        AssertRefused(name, full(3, double.PositiveInfinity));
        AssertRefused(name, full(3, -1.0));
        AssertRefused(name, ones(4));
        AssertRefused(name, ones(1));
        WorksOrIsRefused(name, zeros(3));
        if (name.EndsWith(": mask", StringComparison.Ordinal))
            AssertRefused(name, tensor(2.0));
        else
            Use(name, tensor(2.0)); // the same for all classes
        WorksOrIsRefused(name, full(3, 1e300, dtype: ScalarType.Float64));
        WorksOrIsRefused(name, ones(3, dtype: ScalarType.BFloat16).requires_grad_(true));
        WorksOrIsRefused(name, ones(6)[TensorIndex.Slice(step: 2)]);
        var gone = ones(3);
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Use(name, gone));
    }

    private static TheoryData<string> Options(Type type) =>
        [.. AllOptions().Where(option => Underlying(option) == type).Select(PublicFace.Name)];

    private static IEnumerable<ParameterInfo> AllOptions() =>
        PublicFace.Factories.Concat(PublicFace.Functions).SelectMany(method => method.GetParameters())
            .Where(parameter => parameter.HasDefaultValue);

    private static Type Underlying(ParameterInfo option) => Nullable.GetUnderlyingType(option.ParameterType) ?? option.ParameterType;

    private static ParameterInfo Option(string name) => AllOptions().Single(option => PublicFace.Name(option) == name);

    /// <summary>Uses a value, and checks that an exception names the option, or one of several.</summary>
    private static void WorksOrIsRefused(string name, object value, string?[]? named = null)
    {
        using var scope = NewDisposeScope();
        try
        {
            Use(name, value);
        }
        catch (ArgumentException exception)
        {
            Assert.Contains(exception.ParamName, named ?? [Option(name).Name]);
        }
    }

    private static void AssertRefused(string name, object value)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Option(name).Name, Assert.ThrowsAny<ArgumentException>(() => Use(name, value)).ParamName);
    }

    /// <summary>Makes the loss and takes its gradient, or calls the function.</summary>
    private static void Use(string name, object value)
    {
        var option = Option(name);
        var result = PublicFace.Call((MethodInfo)option.Member, of: option, argument: value);
        if (result is torch.nn.Module module)
        {
            using (module)
                PublicFace.Use(module);
        }
    }
}
