using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>A register as the number type of the shared formulas.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly struct LaneReal<TLanes>(TLanes lanes) : IReal<LaneReal<TLanes>>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>The register.</summary>
    public TLanes Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Of(double value) => new(TLanes.Broadcast(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Add(LaneReal<TLanes> other) => new(lanes + other.Lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Subtract(LaneReal<TLanes> other) => new(lanes - other.Lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Multiply(LaneReal<TLanes> other) => new(lanes * other.Lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> MultiplyAdd(LaneReal<TLanes> factor, LaneReal<TLanes> addend) => new(TLanes.MultiplyAdd(lanes, factor.Lanes, addend.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Max(LaneReal<TLanes> other) => new(TLanes.Max(lanes, other.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Reciprocal() => new(TLanes.Reciprocal(lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Exp2() => new(TLanes.Exp2(lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Log2() => new(TLanes.Log2(lanes));

    /// <inheritdoc/>
    /// <remarks>In double: what 1 + x has lost of x is lost in ln(1 + x) by the same factor, so that x / ((1 + x) - 1) gives it back.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> LogOnePlus()
    {
        if (TLanes.ScalarSize == sizeof(float))
            return RealMath.LogOnePlus(this);
        var sum = Add(Of(1));
        var grown = sum.Subtract(Of(1));
        var whole = sum.Log2().Multiply(Of(RealMath.LogOf2)).Multiply(Multiply(grown.Reciprocal()));
        return grown.SelectEqual(Of(0), this, whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> SelectLess(LaneReal<TLanes> other, LaneReal<TLanes> ifLess, LaneReal<TLanes> otherwise) =>
        new(TLanes.SelectLess(lanes, other.Lanes, ifLess.Lanes, otherwise.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> SelectEqual(LaneReal<TLanes> other, LaneReal<TLanes> ifEqual, LaneReal<TLanes> otherwise) =>
        new(TLanes.SelectEqual(lanes, other.Lanes, ifEqual.Lanes, otherwise.Lanes));
}
