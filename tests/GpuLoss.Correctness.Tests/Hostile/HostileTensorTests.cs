using System.Reflection;

namespace GpuLossTests;

/// <summary>No tensor that is missing, gone, elsewhere or of another kind gets further than an exception that names it.</summary>
public class HostileTensorTests
{
    /// <summary>Each tensor, and each other thing that has to be there, of each function and of each method of each loss.</summary>
    public static TheoryData<string> Required => [.. Arguments().Select(argument => argument.Name).Distinct()];

    public static TheoryData<string> RequiredTensors =>
        [.. Arguments().Where(argument => argument.Parameter.ParameterType == typeof(Tensor)).Select(argument => argument.Name).Distinct()];

    public static TheoryData<string> FactoryArguments =>
        [.. PublicFace.Factories.SelectMany(factory => factory.GetParameters()).Where(IsRequired).Select(PublicFace.Name)];

    public static TheoryData<string> Losses => LossCatalogue.Names;

    [Fact]
    public void Valid_arguments_work()
    {
        using var scope = NewDisposeScope();
        foreach (var function in PublicFace.Functions.Where(function => function.Name != nameof(Fused.check_labels)))
            Assert.NotNull(PublicFace.Call(function));
        foreach (var factory in PublicFace.Factories)
        {
            using var module = (torch.nn.Module)PublicFace.Call(factory)!;
            PublicFace.Use(module);
            foreach (var computation in PublicFace.Computations(factory))
                Assert.NotNull(PublicFace.Call(computation, module));
        }
    }

    [Theory]
    [MemberData(nameof(Required))]
    public void What_is_missing_is_named(string name)
    {
        using var scope = NewDisposeScope();
        var argument = Argument(name);
        var exception = Assert.Throws<ArgumentNullException>(() => argument.Call(null));
        Assert.Equal(argument.Parameter.Name, exception.ParamName);
    }

    [Theory]
    [MemberData(nameof(FactoryArguments))]
    public void What_a_factory_misses_is_named(string name)
    {
        using var scope = NewDisposeScope();
        var parameter = PublicFace.Factories.SelectMany(factory => factory.GetParameters()).Single(
            parameter => PublicFace.Name(parameter) == name);
        var exception = Assert.Throws<ArgumentNullException>(() =>
            PublicFace.Call((MethodInfo)parameter.Member, of: parameter, argument: null));
        Assert.Equal(parameter.Name, exception.ParamName);
    }

    [Theory]
    [MemberData(nameof(RequiredTensors))]
    public void What_is_disposed_is_refused(string name)
    {
        using var scope = NewDisposeScope();
        var argument = Argument(name);
        var gone = (Tensor)PublicFace.Valid(argument.Parameter)!;
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => argument.Call(gone));
    }

    [Theory]
    [MemberData(nameof(RequiredTensors))]
    public void Tensors_of_another_kind_are_refused_by_name(string name)
    {
        using var scope = NewDisposeScope();
        var argument = Argument(name);
        var valid = (Tensor)PublicFace.Valid(argument.Parameter)!;
        ArgumentException Refused(Tensor tensor) => Assert.ThrowsAny<ArgumentException>(() => argument.Call(tensor));
        Assert.Equal(argument.Parameter.Name, Refused(valid.to_type(ScalarType.ComplexFloat32)).ParamName);

        // Of two tensors whose shapes do not go together either may be named.
        var parameters = argument.Parameter.Member is MethodInfo method
            ? method.GetParameters().Select(parameter => parameter.Name).ToArray() : [];
        foreach (var other in new[] { valid.unsqueeze(0).unsqueeze(0).unsqueeze(0), valid.flatten(), valid.narrow(0, 0, 0), valid.sum() })
            Assert.Contains(Refused(other).ParamName, parameters);
        var elsewhere = Record.Exception(() => argument.Call(valid.to(META)));
        Assert.True(elsewhere is ArgumentException or NotSupportedException, $"{elsewhere}");
        Assert.Contains("meta", elsewhere.Message, StringComparison.Ordinal);
        if (valid.is_floating_point())
            Assert.Equal(argument.Parameter.Name, Refused(valid.to_sparse()).ParamName);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Labels_at_the_limits_of_their_types_are_refused_or_ignored(string name)
    {
        var loss = LossCatalogue.Of(name);
        foreach (var (type, limits) in new Dictionary<ScalarType, long[]>
        {
            [ScalarType.Byte] = [255, 3],
            [ScalarType.Int8] = [-128, 127, -1, 3],
            [ScalarType.Int16] = [short.MinValue, short.MaxValue, -1, 256],
            [ScalarType.Int32] = [int.MinValue, int.MaxValue, -1, 65536, 1 << 24],
            [ScalarType.Int64] =
                [long.MinValue, long.MaxValue, -1, 1L << 32, (1L << 32) + 1, uint.MaxValue, 1L << 53, long.MaxValue - uint.MaxValue],
        })
        {
            foreach (var label in limits)
            {
                using var scope = NewDisposeScope();
                var logits = randn([1, 3, 70]);
                var target = zeros([1, 70], dtype: ScalarType.Int64);
                target[0, 69] = label;
                target = target.to_type(type);
                using var criterion = loss.Make(new(), 3);
                var exception = Assert.Throws<ArgumentException>(() => criterion.forward(logits, target));
                Assert.Equal("target", exception.ParamName);
                Assert.Contains($"1 of 70 do not, the first is {label} at [0, 69]", exception.Message, StringComparison.Ordinal);
                if (label is <= int.MinValue or >= int.MaxValue)
                    continue;
                using var ignoring = loss.Make(new() { Ignore = label }, 3);
                Assert.True(ignoring.forward(logits, target).isfinite().item<bool>());
            }
        }
    }

    private static RequiredArgument Argument(string name) => Arguments().First(argument => argument.Name == name);

    private static IEnumerable<RequiredArgument> Arguments()
    {
        foreach (var function in PublicFace.Functions)
        {
            foreach (var parameter in function.GetParameters().Where(IsRequired))
                yield return new($"{PublicFace.Name(function)}: {parameter.Name}", parameter, value =>
                    PublicFace.Call(function, null, parameter, value));
        }

        foreach (var factory in PublicFace.Factories)
        {
            foreach (var computation in PublicFace.Computations(factory))
            {
                foreach (var parameter in computation.GetParameters().Where(IsRequired))
                {
                    yield return new($"{factory.Name}.{PublicFace.Name(computation)}: {parameter.Name}", parameter, value =>
                    {
                        using var module = (torch.nn.Module)PublicFace.Call(factory)!;
                        return PublicFace.Call(computation, module, parameter, value);
                    });
                }
            }
        }
    }

    private static bool IsRequired(ParameterInfo parameter) => !parameter.HasDefaultValue && !parameter.ParameterType.IsValueType;

    /// <summary>An argument that has no default.</summary>
    private sealed record RequiredArgument(string Name, ParameterInfo Parameter, Func<object?, object?> Call);
}
