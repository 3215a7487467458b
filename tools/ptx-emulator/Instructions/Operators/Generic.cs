using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>The operand.</summary>
internal readonly struct Copy<T> : IUnary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => a;
}

/// <summary>Bits flipped.</summary>
internal readonly struct Not<T> : IUnary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => ~a;
}

/// <summary>Two's complement.</summary>
internal readonly struct Negate<T> : IUnary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256<T>.Zero - a;
}

/// <summary>Magnitude; the least value stays.</summary>
internal readonly struct AbsoluteInteger<T> : IUnary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.ConditionalSelect(Vector256.LessThan(a, Vector256<T>.Zero), Vector256<T>.Zero - a,
        a);
}

/// <summary>Sum, wrapping for integers.</summary>
internal readonly struct Add<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a + b;
}

/// <summary>Difference, wrapping for integers.</summary>
internal readonly struct Subtract<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a - b;
}

/// <summary>Product; the low half for integers.</summary>
internal readonly struct Multiply<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a * b;
}

/// <summary>Low half of the product, and a sum.</summary>
internal readonly struct MultiplyAdd<T> : ITernary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => (a * b) + c;
}

/// <summary>The smaller.</summary>
internal readonly struct MinInteger<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Min(a, b);
}

/// <summary>The larger.</summary>
internal readonly struct MaxInteger<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Max(a, b);
}

/// <summary>Bits of both.</summary>
internal readonly struct And<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a & b;
}

/// <summary>Bits of either.</summary>
internal readonly struct Or<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a | b;
}

/// <summary>Bits of one.</summary>
internal readonly struct Xor<T> : IBinary<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a ^ b;
}

/// <summary>a == b; false on NaN.</summary>
internal readonly struct Equal<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
}

/// <summary>Not a == b; true on NaN.</summary>
internal readonly struct NotEqual<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.Equals(a, b);
}

/// <summary>a less than b; false on NaN.</summary>
internal readonly struct Less<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
}

/// <summary>a at most b; false on NaN.</summary>
internal readonly struct LessOrEqual<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
}

/// <summary>a greater than b; false on NaN.</summary>
internal readonly struct Greater<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThan(a, b);
}

/// <summary>a at least b; false on NaN.</summary>
internal readonly struct GreaterOrEqual<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThanOrEqual(a, b);
}

/// <summary>a less than b; true on NaN.</summary>
internal readonly struct LessOrNaN<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.GreaterThanOrEqual(a, b);
}

/// <summary>a at most b; true on NaN.</summary>
internal readonly struct LessOrEqualOrNaN<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.GreaterThan(a, b);
}

/// <summary>a greater than b; true on NaN.</summary>
internal readonly struct GreaterOrNaN<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.LessThanOrEqual(a, b);
}

/// <summary>a at least b; true on NaN.</summary>
internal readonly struct GreaterOrEqualOrNaN<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.LessThan(a, b);
}

/// <summary>a == b; true on NaN.</summary>
internal readonly struct EqualOrNaN<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b) | ~Vector256.Equals(a, a) | ~Vector256.Equals(b, b);
}

/// <summary>a and b differ and are numbers: false on NaN.</summary>
internal readonly struct NotEqualNumbers<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~Vector256.Equals(a, b) & Vector256.Equals(a, a) & Vector256.Equals(b, b);
}

/// <summary>Neither is NaN.</summary>
internal readonly struct BothNumbers<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, a) & Vector256.Equals(b, b);
}

/// <summary>One is NaN.</summary>
internal readonly struct AnyNaN<T> : ICompare<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => ~(Vector256.Equals(a, a) & Vector256.Equals(b, b));
}
