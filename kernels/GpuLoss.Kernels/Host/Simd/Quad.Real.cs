using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <content>A quad as the number type of the shared formulas.</content>
internal readonly unsafe partial struct Quad<TLanes> : IReal<Quad<TLanes>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Of(double value) => Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Add(Quad<TLanes> other) => this + other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Subtract(Quad<TLanes> other) => this - other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Multiply(Quad<TLanes> other) => this * other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> MultiplyAdd(Quad<TLanes> factor, Quad<TLanes> addend) => MultiplyAdd(this, factor, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Max(Quad<TLanes> other) => Max(this, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Reciprocal() => Reciprocal(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Exp2() => Exp2(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Log2() => Log2(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> LogOnePlus() => new(LogOnePlus(a), LogOnePlus(b), LogOnePlus(c), LogOnePlus(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> SelectLess(Quad<TLanes> other, Quad<TLanes> ifLess, Quad<TLanes> otherwise) => new(
        TLanes.SelectLess(a, other.a, ifLess.a, otherwise.a), TLanes.SelectLess(b, other.b, ifLess.b, otherwise.b),
        TLanes.SelectLess(c, other.c, ifLess.c, otherwise.c), TLanes.SelectLess(d, other.d, ifLess.d, otherwise.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> SelectEqual(Quad<TLanes> other, Quad<TLanes> ifEqual, Quad<TLanes> otherwise) => new(
        TLanes.SelectEqual(a, other.a, ifEqual.a, otherwise.a), TLanes.SelectEqual(b, other.b, ifEqual.b, otherwise.b),
        TLanes.SelectEqual(c, other.c, ifEqual.c, otherwise.c), TLanes.SelectEqual(d, other.d, ifEqual.d, otherwise.d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes LogOnePlus(TLanes x) => new LaneReal<TLanes>(x).LogOnePlus().Lanes;
}
