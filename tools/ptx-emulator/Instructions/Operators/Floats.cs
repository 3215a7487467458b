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
internal readonly struct NegateFloat32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Xor(a, Vector256.Create(-0.0f));
}

/// <summary>The sign cleared, of NaN too.</summary>
internal readonly struct AbsoluteFloat32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.AndNot(a, Vector256.Create(-0.0f));
}

/// <summary>Quotient, correctly rounded.</summary>
internal readonly struct Divide32 : IBinary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => a / b;
}

/// <summary>Square root, correctly rounded.</summary>
internal readonly struct SquareRoot32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Sqrt(a);
}

/// <summary>1 / a, correctly rounded.</summary>
internal readonly struct Reciprocal32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Create(1.0f) / a;
}

/// <summary>The smaller; a number before NaN, and -0 before +0.</summary>
internal readonly struct MinFloat32 : IBinary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
    {
        Vector256<float> ordered = Vector256.ConditionalSelect(Vector256.LessThan(a, b), a, b);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, b), Vector256.BitwiseOr(a, b), ordered);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(b, b), ordered, a);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, a), ordered, b);
        Vector256<float> isNaN = Vector256.Equals(ordered, ordered);
        return Vector256.ConditionalSelect(isNaN, ordered, Vector256.Create(0x7fffffffu).AsSingle());
    }
}

/// <summary>The larger; a number before NaN, and -0 before +0.</summary>
internal readonly struct MaxFloat32 : IBinary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
    {
        Vector256<float> ordered = Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, b), Vector256.BitwiseAnd(a, b), ordered);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(b, b), ordered, a);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, a), ordered, b);
        Vector256<float> isNaN = Vector256.Equals(ordered, ordered);
        return Vector256.ConditionalSelect(isNaN, ordered, Vector256.Create(0x7fffffffu).AsSingle());
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

/// <summary>The sign flipped, of NaN too.</summary>
internal readonly struct NegateFloat64 : IUnary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a) => Vector256.Xor(a, Vector256.Create(-0.0));
}

/// <summary>The sign cleared, of NaN too.</summary>
internal readonly struct AbsoluteFloat64 : IUnary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a) => Vector256.AndNot(a, Vector256.Create(-0.0));
}

/// <summary>Quotient, correctly rounded.</summary>
internal readonly struct Divide64 : IBinary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a, Vector256<double> b) => a / b;
}

/// <summary>Square root, correctly rounded.</summary>
internal readonly struct SquareRoot64 : IUnary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a) => Vector256.Sqrt(a);
}

/// <summary>1 / a, correctly rounded.</summary>
internal readonly struct Reciprocal64 : IUnary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a) => Vector256.Create(1.0) / a;
}

/// <summary>The smaller; a number before NaN, and -0 before +0.</summary>
internal readonly struct MinFloat64 : IBinary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a, Vector256<double> b)
    {
        Vector256<double> ordered = Vector256.ConditionalSelect(Vector256.LessThan(a, b), a, b);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, b), Vector256.BitwiseOr(a, b), ordered);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(b, b), ordered, a);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, a), ordered, b);
        Vector256<double> isNaN = Vector256.Equals(ordered, ordered);
        return Vector256.ConditionalSelect(isNaN, ordered, Vector256.Create(0x7fffffffffffffffu).AsDouble());
    }
}

/// <summary>The larger; a number before NaN, and -0 before +0.</summary>
internal readonly struct MaxFloat64 : IBinary<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a, Vector256<double> b)
    {
        Vector256<double> ordered = Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, b), Vector256.BitwiseAnd(a, b), ordered);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(b, b), ordered, a);
        ordered = Vector256.ConditionalSelect(Vector256.Equals(a, a), ordered, b);
        Vector256<double> isNaN = Vector256.Equals(ordered, ordered);
        return Vector256.ConditionalSelect(isNaN, ordered, Vector256.Create(0x7fffffffffffffffu).AsDouble());
    }
}
