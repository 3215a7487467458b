using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>Denormals become zeros of their sign.</summary>
internal readonly struct FlushDenormal : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Ieee32.FlushDenormal(a);
}

/// <summary>Clamps to [0, 1]; NaN and -0 give +0.</summary>
internal readonly struct SaturateFloat32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Ieee32.Saturate(a);
}

/// <summary>Any NaN becomes 0x7fffffff, the one that instructions give: kernels that look at a result's bits see what hardware would give.</summary>
internal readonly struct CanonicalNaN : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Ieee32.Canonical(a);
}

/// <summary>An f32 operation on one operand, and another one on its result.</summary>
internal readonly struct Then1<TOp, TAfter> : IUnary<float>
    where TOp : struct, IUnary<float>
    where TAfter : struct, IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => TAfter.Apply(TOp.Apply(a));
}

/// <summary>An f32 operation on one operand with <c>.ftz</c>: denormals among operands and results are zeros of their sign.</summary>
internal readonly struct Flushed1<TOp> : IUnary<float>
    where TOp : struct, IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) =>
        Ieee32.FlushDenormal(TOp.Apply(Ieee32.FlushDenormal(a)));
}

/// <summary>An f32 operation on two operands, and another one on its result.</summary>
internal readonly struct Then2<TOp, TAfter> : IBinary<float>
    where TOp : struct, IBinary<float>
    where TAfter : struct, IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => TAfter.Apply(TOp.Apply(a, b));
}

/// <summary>An f32 operation on two operands with <c>.ftz</c>: denormals among operands and results are zeros of their sign.</summary>
internal readonly struct Flushed2<TOp> : IBinary<float>
    where TOp : struct, IBinary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        Ieee32.FlushDenormal(TOp.Apply(Ieee32.FlushDenormal(a), Ieee32.FlushDenormal(b)));
}

/// <summary>An f32 operation on three operands, and another one on its result.</summary>
internal readonly struct Then3<TOp, TAfter> : ITernary<float>
    where TOp : struct, ITernary<float>
    where TAfter : struct, IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) => TAfter.Apply(TOp.Apply(a, b, c));
}

/// <summary>An f32 operation on three operands with <c>.ftz</c>: denormals among operands and results are zeros of their sign.</summary>
internal readonly struct Flushed3<TOp> : ITernary<float>
    where TOp : struct, ITernary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Ieee32.FlushDenormal(TOp.Apply(Ieee32.FlushDenormal(a), Ieee32.FlushDenormal(b), Ieee32.FlushDenormal(c)));
}
