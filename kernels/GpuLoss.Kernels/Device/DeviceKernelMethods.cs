using System.Numerics;
using System.Reflection;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>Puts the methods of kernels together from their types.</summary>
internal static class DeviceKernelMethods
{
    /// <summary>The method of a kernel.</summary>
    public static MethodInfo Of(DeviceKernel kernel)
    {
        if (kernel.IsScore)
        {
            var name = kernel.Step == DeviceStep.ScoreLoss ? nameof(DeviceScore.Loss) : nameof(DeviceScore.Gradient);
            return Method(typeof(DeviceScore), name, kernel.Transformed ? typeof(PowerOfMeasure) : typeof(PlainComplement));
        }

        var (logits, team) = (Memory(kernel), Team(kernel.Parts));
        if (kernel.Form == DeviceForm.Loop)
        {
            return kernel.IsReduce
                ? Method(typeof(DeviceLoopReduce), nameof(DeviceLoopReduce.Kernel), logits)
                : Method(typeof(DeviceLoopSpread), nameof(DeviceLoopSpread.Kernel), logits);
        }

        if (kernel.Form != DeviceForm.Labels)
        {
            var activation = kernel.Form == DeviceForm.Sigmoid ? typeof(SumOfSigmoid) : typeof(SumOfSoftmax);
            return kernel.IsReduce
                ? Method(typeof(DeviceSumReduce), nameof(DeviceSumReduce.Kernel), SumTree(kernel.Leaves), activation, team, logits)
                : Method(typeof(DeviceSumSpread), nameof(DeviceSumSpread.Kernel), SumTree(kernel.Leaves), activation, team, logits);
        }

        var vector = Vector(kernel.Width);
        var (tree, labels) = (Tree(vector, kernel.Leaves), Labels(kernel.Width));
        var count = kernel.IsPadded ? typeof(PaddedClasses) : typeof(ExactClasses);
        var power = kernel.Squared ? typeof(SquaredProbability) : typeof(PlainProbability);
        return kernel.IsReduce
            ? Method(typeof(DeviceReduce), nameof(DeviceReduce.Kernel), vector, tree, count, team, logits, labels, power)
            : Method(typeof(DeviceSpread), nameof(DeviceSpread.Kernel), vector, tree, count, team, logits, labels);
    }

    /// <summary>The type of the logits parameter of a kernel.</summary>
    private static Type Memory(DeviceKernel kernel)
    {
        var (element, vector, codec) = Codec(kernel);
        return typeof(CudaMemory<,,,>).MakeGenericType(element, vector, codec, Access(kernel.Width * ElementTypes.SizeOf(kernel.Logits)));
    }

    private static (Type Element, Type Vector, Type Codec) Codec(DeviceKernel kernel)
    {
        if (kernel.Logits == LogitsType.Float32)
            return Widened((typeof(int), typeof(OneVoxel), typeof(FloatCodec)), kernel.Width);
        var format = kernel.Logits switch
        {
            LogitsType.BFloat16 => typeof(CudaBFloat16),
            LogitsType.Float16 => typeof(CudaFloat16),
            _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel.Logits, "The device kernels compute in float32."),
        };
        return kernel.Width == 1
            ? (typeof(short), typeof(OneVoxel), typeof(HalfCodec<>).MakeGenericType(format))
            : Widened((typeof(int), Vector(2), typeof(HalfPairCodec<>).MakeGenericType(format)), kernel.Width / 2);
    }

    /// <summary>Puts pairs of a codec together until it is as wide as asked.</summary>
    private static (Type Element, Type Vector, Type Codec) Widened((Type Element, Type Vector, Type Codec) one, int width)
    {
        for (; width > 1; width /= 2)
        {
            one = (
                typeof(WordPair<>).MakeGenericType(one.Element),
                typeof(VoxelPair<>).MakeGenericType(one.Vector),
                typeof(PairCodec<,,>).MakeGenericType(one.Element, one.Vector, one.Codec));
        }

        return one;
    }

    private static Type Vector(int width) => width == 1 ? typeof(OneVoxel) : typeof(VoxelPair<>).MakeGenericType(Vector(width / 2));

    private static Type Team(int parts) => parts == 1 ? typeof(AllClasses) : typeof(AnotherPart<>).MakeGenericType(Team(parts - 1));

    private static Type Labels(int width) => width switch
    {
        1 => typeof(DeviceLabels1),
        2 => typeof(DeviceLabels2),
        4 => typeof(DeviceLabels4),
        _ => typeof(DeviceLabels8),
    };

    private static Type Access(int bytes) => bytes switch
    {
        2 => typeof(CudaAccess2),
        4 => typeof(CudaAccess4),
        8 => typeof(CudaAccess8),
        _ => typeof(CudaAccess16),
    };

    private static MethodInfo Method(Type type, string name, params Type[] arguments) => type.GetMethod(name)!.MakeGenericMethod(arguments);

    private static Type Tree(Type vector, int classes) => Tree(
        classes, typeof(ClassLeaf<>).MakeGenericType(vector), (low, high) => typeof(ClassNode<,,>).MakeGenericType(vector, low, high));

    private static Type SumTree(int classes) =>
        Tree(classes, typeof(SumLeaf), (low, high) => typeof(SumNode<,>).MakeGenericType(low, high));

    /// <summary>The tree of a number of classes: the lower ones are a power of 2, so that the bits of a class lead to its leaf.</summary>
    private static Type Tree(int classes, Type leaf, Func<Type, Type, Type> node)
    {
        if (classes == 1)
            return leaf;
        var low = (int)BitOperations.RoundUpToPowerOf2((uint)classes) / 2;
        return node(Tree(low, leaf, node), Tree(classes - low, leaf, node));
    }
}
