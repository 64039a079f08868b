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

        var vector = Vector(kernel.Width);
        var (tree, labels) = (Tree(vector, kernel.Leaves), Labels(kernel.Width));
        var count = kernel.IsPadded ? typeof(PaddedClasses) : typeof(ExactClasses);
        var power = kernel.Squared ? typeof(SquaredProbability) : typeof(PlainProbability);
        if (kernel.Form != DeviceForm.Labels)
        {
            var activation = kernel.Form == DeviceForm.Sigmoid ? typeof(SumOfSigmoid) : typeof(SumOfSoftmax);
            var targets = typeof(TargetReader<,,,,,>).MakeGenericType(
                vector, labels, Reader(Floats(kernel.Width)), Reader(Bytes(kernel.Width)),
                Reader(Halves(typeof(CudaFloat16), kernel.Width)), Reader(Halves(typeof(CudaBFloat16), kernel.Width)));
            return kernel.IsReduce
                ? Method(
                    typeof(DeviceSumReduce), nameof(DeviceSumReduce.Kernel),
                    vector, tree, count, activation, Term(kernel), power, team, logits, targets)
                : Method(
                    typeof(DeviceSumSpread), nameof(DeviceSumSpread.Kernel),
                    vector, tree, count, activation, Term(kernel), team, logits, targets);
        }

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

    private static (Type Element, Type Vector, Type Codec) Codec(DeviceKernel kernel) => kernel.Logits switch
    {
        LogitsType.Float32 => Floats(kernel.Width),
        LogitsType.BFloat16 => Halves(typeof(CudaBFloat16), kernel.Width),
        LogitsType.Float16 => Halves(typeof(CudaFloat16), kernel.Width),
        _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel.Logits, "The device kernels compute in float32."),
    };

    private static (Type Element, Type Vector, Type Codec) Floats(int width) =>
        Widened((typeof(int), typeof(OneVoxel), typeof(FloatCodec)), width);

    private static (Type Element, Type Vector, Type Codec) Halves(Type format, int width) => width == 1
        ? (typeof(short), typeof(OneVoxel), typeof(HalfCodec<>).MakeGenericType(format))
        : Widened((typeof(int), Vector(2), typeof(HalfPairCodec<>).MakeGenericType(format)), width / 2);

    private static (Type Element, Type Vector, Type Codec) Bytes(int width) => width switch
    {
        1 => (typeof(byte), typeof(OneVoxel), typeof(ByteCodec)),
        2 => (typeof(short), Vector(2), typeof(BytePairCodec)),
        _ => (typeof(int), Vector(4), typeof(ByteQuadCodec)),
    };

    private static Type Reader((Type Element, Type Vector, Type Codec) of) =>
        typeof(NumberReader<,,>).MakeGenericType(of.Element, of.Vector, of.Codec);

    private static Type Term(DeviceKernel kernel) => kernel.Term switch
    {
        DeviceTerm.None => typeof(NoTerm),
        DeviceTerm.Logarithm => typeof(LogarithmTerm),
        DeviceTerm.Square => typeof(SquareTerm),
        _ => typeof(PowerTerm),
    };

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

    /// <summary>The tree of a number of classes: the lower ones are a power of 2, so that the bits of a class lead to its leaf.</summary>
    private static Type Tree(Type vector, int classes)
    {
        if (classes == 1)
            return typeof(ClassLeaf<>).MakeGenericType(vector);
        var low = (int)BitOperations.RoundUpToPowerOf2((uint)classes) / 2;
        return typeof(ClassNode<,,>).MakeGenericType(vector, Tree(vector, low), Tree(vector, classes - low));
    }
}
