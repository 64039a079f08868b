using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>
/// Four registers that go through the same operations, so that the machine always has four independent chains to work on. A kernel
/// handles one <see cref="Count"/> of neighbouring voxels at a time.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct Quad<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
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

    /// <summary>The number of voxels in a quad.</summary>
    public static int Count => 4 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Load(float* source) => new(
        TLanes.Load(source), TLanes.Load(source + TLanes.Count),
        TLanes.Load(source + 2 * TLanes.Count), TLanes.Load(source + 3 * TLanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination)
    {
        TLanes.Store(a, destination);
        TLanes.Store(b, destination + TLanes.Count);
        TLanes.Store(c, destination + 2 * TLanes.Count);
        TLanes.Store(d, destination + 3 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreStreaming(float* destination)
    {
        TLanes.StoreStreaming(a, destination);
        TLanes.StoreStreaming(b, destination + TLanes.Count);
        TLanes.StoreStreaming(c, destination + 2 * TLanes.Count);
        TLanes.StoreStreaming(d, destination + 3 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Broadcast(float value) => Broadcast(TLanes.Broadcast(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Broadcast(TLanes value) => new(value, value, value, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator +(Quad<TLanes> x, Quad<TLanes> y) => new(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator -(Quad<TLanes> x, Quad<TLanes> y) => new(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator *(Quad<TLanes> x, Quad<TLanes> y) => new(x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> operator &(Quad<TLanes> x, Quad<TLanes> y) => new(x.a & y.a, x.b & y.b, x.c & y.c, x.d & y.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> MultiplyAdd(Quad<TLanes> x, Quad<TLanes> y, Quad<TLanes> addend) => new(
        TLanes.MultiplyAdd(x.a, y.a, addend.a), TLanes.MultiplyAdd(x.b, y.b, addend.b),
        TLanes.MultiplyAdd(x.c, y.c, addend.c), TLanes.MultiplyAdd(x.d, y.d, addend.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Max(Quad<TLanes> x, Quad<TLanes> y) =>
        new(TLanes.Max(x.a, y.a), TLanes.Max(x.b, y.b), TLanes.Max(x.c, y.c), TLanes.Max(x.d, y.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Exp2(Quad<TLanes> y) => new(TLanes.Exp2(y.a), TLanes.Exp2(y.b), TLanes.Exp2(y.c), TLanes.Exp2(y.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Reciprocal(Quad<TLanes> x)
    {
        var one = TLanes.Broadcast(1f);
        return new(one / x.a, one / x.b, one / x.c, one / x.d);
    }

    /// <summary>The four registers added up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Sum(Quad<TLanes> x) => (x.a + x.b) + (x.c + x.d);

    /// <summary>The four registers multiplied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Product(Quad<TLanes> x) => (x.a * x.b) * (x.c * x.d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LoadLabels(byte* source) => new(
        TLanes.LoadLabels(source), TLanes.LoadLabels(source + TLanes.Count),
        TLanes.LoadLabels(source + 2 * TLanes.Count), TLanes.LoadLabels(source + 3 * TLanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LoadLabels(long* source) => new(
        TLanes.LoadLabels(source), TLanes.LoadLabels(source + TLanes.Count),
        TLanes.LoadLabels(source + 2 * TLanes.Count), TLanes.LoadLabels(source + 3 * TLanes.Count));

    /// <summary>The mask of the voxels whose label is <paramref name="label"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LabelsEqual(Quad<TLanes> labels, TLanes label) => new(
        TLanes.LabelsEqual(labels.a, label), TLanes.LabelsEqual(labels.b, label),
        TLanes.LabelsEqual(labels.c, label), TLanes.LabelsEqual(labels.d, label));

    /// <summary>The mask of the voxels whose label names a class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> LabelsBelow(Quad<TLanes> labels, int classes) => new(
        TLanes.LabelsBelow(labels.a, classes), TLanes.LabelsBelow(labels.b, classes),
        TLanes.LabelsBelow(labels.c, classes), TLanes.LabelsBelow(labels.d, classes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Select(Quad<TLanes> mask, Quad<TLanes> ifSet, Quad<TLanes> otherwise) => new(
        TLanes.Select(mask.a, ifSet.a, otherwise.a), TLanes.Select(mask.b, ifSet.b, otherwise.b),
        TLanes.Select(mask.c, ifSet.c, otherwise.c), TLanes.Select(mask.d, ifSet.d, otherwise.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Quad<TLanes> mask) =>
        TLanes.CountSet(mask.a) + TLanes.CountSet(mask.b) + TLanes.CountSet(mask.c) + TLanes.CountSet(mask.d);

    /// <summary>The labels as bytes of one register, for <see cref="ILanes{TSelf}.CountPacked"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes PackLabels(Quad<TLanes> labels) => TLanes.PackLabels(labels.a, labels.b, labels.c, labels.d);

    /// <summary>Stores label lanes as int32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreLabels(int* destination) => Store((float*)destination);
}
