using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>A rounding direction, as what turns it into rounding down: flip the operands' signs, and the result's.</summary>
internal interface IDirection
{
    /// <summary>-0 where the signs are flipped, +0 elsewhere.</summary>
    /// <param name="sum">The result, rounded to nearest.</param>
    static abstract Vector256<double> Flip(Vector256<double> sum);
}

/// <summary><c>.rm</c>.</summary>
internal readonly struct Downward : IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Flip(Vector256<double> sum) => Vector256<double>.Zero;
}

/// <summary><c>.rp</c>.</summary>
internal readonly struct Upward : IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Flip(Vector256<double> sum) => Vector256.Create(-0.0);
}

/// <summary><c>.rz</c>: down for positive results, else up.</summary>
internal readonly struct TowardZero : IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Flip(Vector256<double> sum) =>
        Vector256.AndNot(Vector256.Create(-0.0), Vector256.GreaterThan(sum, Vector256<double>.Zero));
}

/// <summary>Sums in double, rounded once to f32 in a direction.</summary>
internal static class Directed
{
    /// <summary>a + b of floats or products of two floats: their exact sum is a double and its error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round<TDirection>(
        Vector256<double> lowA, Vector256<double> highA, Vector256<double> lowB, Vector256<double> highB)
        where TDirection : struct, IDirection
    {
        Vector256<double> lowFlip = TDirection.Flip(lowA + lowB), highFlip = TDirection.Flip(highA + highB);
        (Vector256<double> low, Vector256<double> lowError) = Sum(lowA ^ lowFlip, lowB ^ lowFlip);
        (Vector256<double> high, Vector256<double> highError) = Sum(highA ^ highFlip, highB ^ highFlip);
        Vector256<float> nearest = Vector256.Narrow(low, high);
        (Vector256<double> lowNearest, Vector256<double> highNearest) = Vector256.Widen(nearest);
        Vector256<int> above = Vector256.Narrow(Above(lowNearest, low, lowError), Above(highNearest, high, highError));
        // The float below: one less for positive ones, one more for negative ones, and below a zero the smallest negative one.
        Vector256<int> bits = nearest.AsInt32();
        Vector256<int> below = Vector256.ConditionalSelect(Vector256.Equals(nearest, Vector256<float>.Zero).AsInt32(),
            Vector256.Create(unchecked((int)0x8000_0001)), bits - (Vector256<int>.One | (bits >> 31)));
        return Vector256.ConditionalSelect(above, below, bits).AsSingle() ^ Vector256.Narrow(lowFlip, highFlip);
    }

    // Knuth's TwoSum; downward, a zero sum is -0 unless both terms are +0 (IEEE 754, 6.3).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<double> Sum, Vector256<double> Error) Sum(Vector256<double> a, Vector256<double> b)
    {
        Vector256<double> sum = a + b, right = sum - a;
        Vector256<double> error = (a - (sum - right)) + (b - right);
        Vector256<double> isZero = Vector256.Equals(sum, Vector256<double>.Zero);
        return (Vector256.ConditionalSelect(isZero, (a | b) & Vector256.Create(-0.0), sum), error);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Above(Vector256<double> nearest, Vector256<double> sum, Vector256<double> error) =>
        (Vector256.GreaterThan(nearest, sum) | (Vector256.Equals(nearest, sum) & Vector256.LessThan(error, Vector256<double>.Zero))).AsInt64();
}

/// <summary>a + b, rounded in a direction.</summary>
internal readonly struct DirectedAdd32<TDirection> : IBinary<float>
    where TDirection : struct, IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
    {
        (Vector256<double> lowA, Vector256<double> highA) = Vector256.Widen(a);
        (Vector256<double> lowB, Vector256<double> highB) = Vector256.Widen(b);
        return Directed.Round<TDirection>(lowA, highA, lowB, highB);
    }
}

/// <summary>a - b, rounded in a direction.</summary>
internal readonly struct DirectedSubtract32<TDirection> : IBinary<float>
    where TDirection : struct, IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => DirectedAdd32<TDirection>.Apply(a, b ^ Vector256.Create(-0.0f));
}

/// <summary>a b, rounded in a direction.</summary>
internal readonly struct DirectedMultiply32<TDirection> : IBinary<float>
    where TDirection : struct, IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
    {
        (Vector256<double> lowA, Vector256<double> highA) = Vector256.Widen(a);
        (Vector256<double> lowB, Vector256<double> highB) = Vector256.Widen(b);
        Vector256<double> low = lowA * lowB, high = highA * highB, sign = Vector256.Create(-0.0);
        return Directed.Round<TDirection>(low, high, low & sign, high & sign);      // a zero of the product's sign changes nothing
    }
}

/// <summary>a b + c, rounded once in a direction.</summary>
internal readonly struct DirectedFma32<TDirection> : ITernary<float>
    where TDirection : struct, IDirection
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c)
    {
        (Vector256<double> lowA, Vector256<double> highA) = Vector256.Widen(a);
        (Vector256<double> lowB, Vector256<double> highB) = Vector256.Widen(b);
        (Vector256<double> lowC, Vector256<double> highC) = Vector256.Widen(c);
        return Directed.Round<TDirection>(lowA * lowB, highA * highB, lowC, highC);
    }
}
