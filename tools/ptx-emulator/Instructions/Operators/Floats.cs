using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>a b + c, rounded once.</summary>
internal readonly struct Fma32 : ITernary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);
}

/// <summary>The sign flipped, of NaN too.</summary>
internal readonly struct NegateFloat<T> : IUnary<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.Xor(a, Vector256.Create(T.NegativeZero));
}

/// <summary>The sign cleared, of NaN too.</summary>
internal readonly struct AbsoluteFloat<T> : IUnary<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.AndNot(a, Vector256.Create(T.NegativeZero));
}

/// <summary>Quotient, correctly rounded.</summary>
internal readonly struct Divide<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a / b;
}

/// <summary>Square root, correctly rounded.</summary>
internal readonly struct SquareRoot<T> : IUnary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.Sqrt(a);
}

/// <summary>1 / a, correctly rounded.</summary>
internal readonly struct Reciprocal<T> : IUnary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256<T>.One / a;
}

/// <summary>The smaller; a number before NaN, and -0 before +0.</summary>
internal readonly struct MinFloat<T> : IBinary<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b)
    {
        Vector256<T> ordered = Vector256.ConditionalSelect(Vector256.LessThan(a, b), a, b);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, b), Vector256.BitwiseOr(a, b), ordered);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(b, b), ordered, a);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, a), ordered, b);
        Vector256<T> isNaN = Vector256.Equals(ordered, ordered);
        return Vector256.ConditionalSelect(isNaN, ordered, Vector256.AndNot(Vector256<T>.AllBitsSet, Vector256.Create(T.NegativeZero)));
    }
}

/// <summary>The larger; a number before NaN, and -0 before +0.</summary>
internal readonly struct MaxFloat<T> : IBinary<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b)
    {
        Vector256<T> ordered = Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, b), Vector256.BitwiseAnd(a, b), ordered);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(b, b), ordered, a);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, a), ordered, b);
        Vector256<T> isNaN = Vector256.Equals(ordered, ordered);
        return Vector256.ConditionalSelect(isNaN, ordered, Vector256.AndNot(Vector256<T>.AllBitsSet, Vector256.Create(T.NegativeZero)));
    }
}

/// <summary>The smaller or larger, and NaN where an operand is.</summary>
internal readonly struct NaNOr<TOp> : IBinary<float>
    where TOp : struct, IBinary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(Vector256.Equals(a, a) & Vector256.Equals(b, b), TOp.Apply(a, b), Vector256.Create(0x7fffffffu).AsSingle());
}

/// <summary>a / b as <c>div.approx</c> has it, a times the reciprocal of b: beyond 2^126 that one is 0.</summary>
internal readonly struct DivideApproximate32 : IBinary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
    {
        Vector256<float> isLarge = Vector256.GreaterThan(Vector256.Abs(b), Vector256.Create(8.507059173023462e37f));
        return Vector256.ConditionalSelect(isLarge, a * (b & Vector256.Create(-0.0f)), a / b);
    }
}

/// <summary>a b + c, rounded once.</summary>
internal readonly struct Fma64 : ITernary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);
}
