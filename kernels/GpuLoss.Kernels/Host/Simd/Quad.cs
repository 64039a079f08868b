using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>
/// Four registers that go through the same operations, so that the machine always has four independent chains to work on. A kernel
/// handles one <see cref="Count"/> of neighbouring voxels at a time.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct Quad<TLanes> : IReal<Quad<TLanes>>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int CacheLine = 64;

    private readonly TLanes a;
    private readonly TLanes b;
    private readonly TLanes c;
    private readonly TLanes d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Quad(TLanes a, TLanes b, TLanes c, TLanes d)
    {
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    /// <summary>The number of voxels in a quad. Its bytes are <c>sizeof(Quad&lt;TLanes&gt;)</c>, a constant where this is a call to be
    /// inlined.</summary>
    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4 * TLanes.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Load(byte* source) => new(
        TLanes.Load(source), TLanes.Load(source + sizeof(TLanes)), TLanes.Load(source + 2 * sizeof(TLanes)),
        TLanes.Load(source + 3 * sizeof(TLanes)));

    /// <summary>Bytes as numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LoadBytes(byte* source) => new(
        TLanes.LoadBytes(source), TLanes.LoadBytes(source + TLanes.Count), TLanes.LoadBytes(source + 2 * TLanes.Count),
        TLanes.LoadBytes(source + 3 * TLanes.Count));

    /// <summary>How far into a row of the target the numbers are that stand <paramref name="at"/> bytes into a row of lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint TargetAt<TTarget>(nint at)
        where TTarget : struct, ITargetPolicy => default(TTarget) is IBytes ? (nint)((nuint)at / (nuint)TLanes.ScalarSize) : at;

    /// <summary>Asks for a quad of numbers of a target likewise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchTarget<TTarget>(byte* source)
        where TTarget : struct, ITargetPolicy
    {
        if (default(TTarget) is not IBytes)
            Prefetch(source);
        else if (Sse.IsSupported)
            Sse.Prefetch0(source);
    }

    /// <summary>Numbers of a target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LoadTarget<TTarget>(byte* source)
        where TTarget : struct, ITargetPolicy => default(TTarget) is IBytes ? LoadBytes(source) : Load(source);

    /// <summary>Asks for a quad that will be loaded soon. The address need not be valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* source)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(source);
        if (sizeof(Quad<TLanes>) > CacheLine)
            Sse.Prefetch0(source + CacheLine);
        if (sizeof(Quad<TLanes>) > 2 * CacheLine)
        {
            Sse.Prefetch0(source + 2 * CacheLine);
            Sse.Prefetch0(source + 3 * CacheLine);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(byte* destination)
    {
        TLanes.Store(a, destination);
        TLanes.Store(b, destination + sizeof(TLanes));
        TLanes.Store(c, destination + 2 * sizeof(TLanes));
        TLanes.Store(d, destination + 3 * sizeof(TLanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreStreaming(byte* destination)
    {
        TLanes.StoreStreaming(a, destination);
        TLanes.StoreStreaming(b, destination + sizeof(TLanes));
        TLanes.StoreStreaming(c, destination + 2 * sizeof(TLanes));
        TLanes.StoreStreaming(d, destination + 3 * sizeof(TLanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Of(double value) => Of(TLanes.Of(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Of(TLanes value) => new(value, value, value, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator +(Quad<TLanes> x, Quad<TLanes> y) => new(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator -(Quad<TLanes> x, Quad<TLanes> y) => new(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator *(Quad<TLanes> x, Quad<TLanes> y) => new(x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> MultiplyAdd(Quad<TLanes> x, Quad<TLanes> y, Quad<TLanes> addend) => new(
        TLanes.MultiplyAdd(x.a, y.a, addend.a), TLanes.MultiplyAdd(x.b, y.b, addend.b),
        TLanes.MultiplyAdd(x.c, y.c, addend.c), TLanes.MultiplyAdd(x.d, y.d, addend.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Max(Quad<TLanes> x, Quad<TLanes> y) =>
        new(TLanes.Max(x.a, y.a), TLanes.Max(x.b, y.b), TLanes.Max(x.c, y.c), TLanes.Max(x.d, y.d));

    /// <summary>The larger of <paramref name="x"/> and a quad in memory, which becomes an operand of the instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Max(Quad<TLanes> x, byte* source) => new(
        TLanes.Max(x.a, TLanes.Load(source)), TLanes.Max(x.b, TLanes.Load(source + sizeof(TLanes))),
        TLanes.Max(x.c, TLanes.Load(source + 2 * sizeof(TLanes))), TLanes.Max(x.d, TLanes.Load(source + 3 * sizeof(TLanes))));

    /// <summary><paramref name="x"/> minus a quad in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Subtract(Quad<TLanes> x, byte* source) => new(
        x.a - TLanes.Load(source), x.b - TLanes.Load(source + sizeof(TLanes)),
        x.c - TLanes.Load(source + 2 * sizeof(TLanes)), x.d - TLanes.Load(source + 3 * sizeof(TLanes)));

    /// <summary><paramref name="x"/> times a quad in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Multiply(Quad<TLanes> x, byte* source) => new(
        x.a * TLanes.Load(source), x.b * TLanes.Load(source + sizeof(TLanes)),
        x.c * TLanes.Load(source + 2 * sizeof(TLanes)), x.d * TLanes.Load(source + 3 * sizeof(TLanes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Exp2(Quad<TLanes> y) => new(TLanes.Exp2(y.a), TLanes.Exp2(y.b), TLanes.Exp2(y.c), TLanes.Exp2(y.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Log2(Quad<TLanes> x) => new(TLanes.Log2(x.a), TLanes.Log2(x.b), TLanes.Log2(x.c), TLanes.Log2(x.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Reciprocal(Quad<TLanes> x) =>
        new(TLanes.Reciprocal(x.a), TLanes.Reciprocal(x.b), TLanes.Reciprocal(x.c), TLanes.Reciprocal(x.d));

    /// <inheritdoc cref="ILanes{TSelf}.Exponent"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Exponent(Quad<TLanes> x) =>
        new(TLanes.Exponent(x.a), TLanes.Exponent(x.b), TLanes.Exponent(x.c), TLanes.Exponent(x.d));

    /// <inheritdoc cref="ILanes{TSelf}.Mantissa"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Mantissa(Quad<TLanes> x) =>
        new(TLanes.Mantissa(x.a), TLanes.Mantissa(x.b), TLanes.Mantissa(x.c), TLanes.Mantissa(x.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LogOnePlus(Quad<TLanes> x) =>
        new(TLanes.LogOnePlus(x.a), TLanes.LogOnePlus(x.b), TLanes.LogOnePlus(x.c), TLanes.LogOnePlus(x.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> SelectEqual(Quad<TLanes> left, Quad<TLanes> right, Quad<TLanes> ifEqual, Quad<TLanes> otherwise) => new(
        TLanes.SelectEqual(left.a, right.a, ifEqual.a, otherwise.a), TLanes.SelectEqual(left.b, right.b, ifEqual.b, otherwise.b),
        TLanes.SelectEqual(left.c, right.c, ifEqual.c, otherwise.c), TLanes.SelectEqual(left.d, right.d, ifEqual.d, otherwise.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> SelectLess(Quad<TLanes> left, Quad<TLanes> right, Quad<TLanes> ifLess, Quad<TLanes> otherwise) => new(
        TLanes.SelectLess(left.a, right.a, ifLess.a, otherwise.a), TLanes.SelectLess(left.b, right.b, ifLess.b, otherwise.b),
        TLanes.SelectLess(left.c, right.c, ifLess.c, otherwise.c), TLanes.SelectLess(left.d, right.d, ifLess.d, otherwise.d));

    /// <summary>The voxels of one label from <paramref name="ifEqual"/>, the others from <paramref name="otherwise"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> SelectEqual(Quad<TLanes> labels, TLanes label, Quad<TLanes> ifEqual, Quad<TLanes> otherwise) => new(
        TLanes.SelectEqual(labels.a, label, ifEqual.a, otherwise.a), TLanes.SelectEqual(labels.b, label, ifEqual.b, otherwise.b),
        TLanes.SelectEqual(labels.c, label, ifEqual.c, otherwise.c), TLanes.SelectEqual(labels.d, label, ifEqual.d, otherwise.d));

    /// <summary>The four registers added up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Sum(Quad<TLanes> x) => (x.a + x.b) + (x.c + x.d);

    /// <summary><paramref name="sum"/> and the squares of the four registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes AddSquares(Quad<TLanes> x, TLanes sum) =>
        TLanes.MultiplyAdd(x.a, x.a, TLanes.MultiplyAdd(x.b, x.b, TLanes.MultiplyAdd(x.c, x.c, TLanes.MultiplyAdd(x.d, x.d, sum))));

    /// <summary>The four registers multiplied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Product(Quad<TLanes> x) => (x.a * x.b) * (x.c * x.d);

    /// <summary>What depends on the target linearly.</summary>
    /// <param name="labels">The labels, where the target holds these.</param>
    /// <param name="label">The class.</param>
    /// <param name="target">The numbers of the class, where the target holds these.</param>
    /// <param name="atOne">The value where t = 1; of numbers, how much more it is than where t = 0.</param>
    /// <param name="atZero">The value where t = 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Line<TTarget>(Quad<TLanes> labels, TLanes label, byte* target, TLanes atOne, TLanes atZero)
        where TTarget : struct, ITargetPolicy
    {
        if (default(TTarget) is IIndices)
            return SelectEqual(labels, label, Of(atOne), Of(atZero));
        return MultiplyAdd(LoadTarget<TTarget>(target), Of(atOne), Of(atZero));
    }

    /// <summary>The target of a class, where the labels are in a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Target<TTarget>(Quad<TLanes> labels, TLanes label, byte* target)
        where TTarget : struct, ITargetPolicy =>
        default(TTarget) is IIndices ? SelectEqual(labels, label, Of(1), Of(0)) : LoadTarget<TTarget>(target);
}
