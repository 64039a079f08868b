using System.Reflection;

namespace GpuLossTests;

/// <summary>What users can call, found by reflection: a new factory, function or option is tested without a word here.</summary>
internal static class PublicFace
{
    private static readonly long[] LogitsShape = [2, 3, 4, 5];
    private static readonly long[] TargetShape = [2, 4, 5];

    /// <summary>The factories of losses.</summary>
    public static IReadOnlyList<MethodInfo> Factories { get; } =
        [.. Statics(typeof(Fused)).Where(method => typeof(torch.nn.Module).IsAssignableFrom(method.ReturnType))];

    /// <summary>The losses as functions.</summary>
    public static IReadOnlyList<MethodInfo> Functions { get; } = [.. Statics(typeof(Fused.functional))];

    /// <summary>The methods of a loss that take tensors: every forward, and what else it computes. Some losses have no statistics, and say
    /// so.</summary>
    public static IReadOnlyList<MethodInfo> Computations(MethodInfo factory)
    {
        using var scope = NewDisposeScope();
        using var module = (torch.nn.Module)Call(factory)!;
        return
        [
            .. module.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance)
                .Where(method => method.DeclaringType!.Namespace == "GpuLoss.Modules" && !method.IsSpecialName
                    && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Tensor)))
                .Where(method => Offers(module, method)),
        ];
    }

    /// <summary>An argument that is fine: the default, or something of the parameter's type and name.</summary>
    public static object? Valid(ParameterInfo parameter)
    {
        if (parameter.HasDefaultValue)
            return parameter.DefaultValue is null ? null : Default(parameter);
        if (parameter.ParameterType == typeof(Tensor))
        {
            return parameter.Name switch
            {
                "logits" or "input" or "distance_maps" => randn(LogitsShape),
                "target" => randint(3, TargetShape, dtype: ScalarType.Int64),
                "dist_matrix" => 1 - eye(3),
                "mask" => ones(TargetShape, dtype: ScalarType.Bool),
                _ => throw new NotSupportedException($"What a valid {parameter.Name} is has to be said here."),
            };
        }

        if (parameter.ParameterType == typeof(int))
            return parameter.Name == "classes" ? 3
                : throw new NotSupportedException($"What a valid {parameter.Name} is has to be said here.");
        if (parameter.ParameterType == typeof(IReadOnlyList<Tensor>))
            return (IReadOnlyList<Tensor>)[randn(LogitsShape)];
        if (parameter.ParameterType == typeof(GpuLoss.Modules.FusedLossModule))
            return Fused.DiceLoss();
        if (parameter.ParameterType == typeof(Loss))
            return Fused.DiceLoss();
        if (parameter.ParameterType == typeof((double, Loss)[]))
            return new (double, Loss)[] { (1, Fused.DiceLoss()) };
        if (parameter.ParameterType == typeof(Func<Tensor, Tensor, Tensor, Tensor>))
            return (Func<Tensor, Tensor, Tensor, Tensor>)((i, p, t) => (i / (p + t)).mean());
        if (parameter.ParameterType == typeof(Func<Tensor, Tensor, Tensor, Tensor, Tensor>))
            return (Func<Tensor, Tensor, Tensor, Tensor, Tensor>)((i, p, t, v) => ((p + t - 2 * i) / v).mean());
        if (parameter.ParameterType == typeof(Fused.OverlapStatistics))
            return Fused.functional.overlap_statistics(randn(LogitsShape), randint(3, TargetShape, dtype: ScalarType.Int64));
        throw new NotSupportedException($"What a valid {parameter.ParameterType} is has to be said here.");
    }

    /// <summary>Calls a method with one argument that is not valid, or with valid ones alone, and lets its own exception out.</summary>
    public static object? Call(MethodInfo method, object? instance = null, ParameterInfo? of = null, object? argument = null)
    {
        try
        {
            return method.Invoke(
                instance, [.. method.GetParameters().Select(parameter => parameter.Name == of?.Name ? argument : Valid(parameter))]);
        }
        catch (TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }

    /// <summary>Runs a loss forward and backward.</summary>
    public static void Use(torch.nn.Module module)
    {
        using var logits = randn(LogitsShape).requires_grad_(true);
        using var target = randint(3, TargetShape, dtype: ScalarType.Int64);
        using var loss = module switch
        {
            Loss one => one.forward(logits, target),
            Loss<IReadOnlyList<Tensor>, Tensor, Tensor> many => many.forward([logits], target),
            _ => throw new NotSupportedException($"How {module.GetType()} is used has to be said here."),
        };
        loss.sum().backward();
    }

    /// <summary>A method's signature, to name a test by. Functions are told apart by what they take.</summary>
    public static string Name(MethodInfo method) =>
        $"{method.Name}({string.Join(", ", method.GetParameters().Select(parameter => parameter.Name + Arity(parameter.ParameterType)))})";

    /// <summary>An argument's name, to name a test by.</summary>
    public static string Name(ParameterInfo argument)
    {
        var method = (MethodInfo)argument.Member;
        return $"{(method.Name == nameof(Fused.OverlapLoss) ? Name(method) : method.Name)}: {argument.Name}";
    }

    /// <summary>How many arguments a function takes that is an argument itself.</summary>
    private static string Arity(Type type) =>
        typeof(Delegate).IsAssignableFrom(type) ? $" of {type.GetMethod(nameof(Action.Invoke))!.GetParameters().Length}" : "";

    private static bool Offers(torch.nn.Module module, MethodInfo method)
    {
        try
        {
            Call(method, module);
            return true;
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    private static IEnumerable<MethodInfo> Statics(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName && method.GetParameters().Length > 0);

    private static object Default(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return type.IsEnum ? Enum.ToObject(type, parameter.DefaultValue!) : parameter.DefaultValue!;
    }
}
