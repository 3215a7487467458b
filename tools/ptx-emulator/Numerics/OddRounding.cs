using System.Runtime.CompilerServices;

namespace Ditto.Emulation.Numerics;

/// <summary>
/// Double results rounded to odd: of the two doubles around an inexact result the one whose last bit is 1. A second rounding, in any
/// direction, to a format of at most 51 bits then gives what one rounding of the exact result would have given
/// (Boldo and Melquiond 2008, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd).
/// </summary>
internal static class OddRounding
{
    /// <summary>a + b. Both operands are finite sums or products of floats, so nothing overflows on the way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Add(double a, double b)
    {
        double sum = a + b;
        double right = sum - a;
        return Adjust(sum, (a - (sum - right)) + (b - right));    // Knuth's TwoSum: the second argument is the exact error
    }

    /// <summary>a / b of two floats.</summary>
    public static double Divide(float a, float b)
    {
        double quotient = (double)a / b;
        double rest = Math.FusedMultiplyAdd(-quotient, b, a);     // exact: no quotient of floats comes near double's range
        return Adjust(quotient, b < 0 ? -rest : rest);
    }

    /// <summary>The square root of a float.</summary>
    public static double Sqrt(float value)
    {
        double root = Math.Sqrt(value);
        return Adjust(root, Math.FusedMultiplyAdd(-root, root, value));
    }

    /// <summary>Moves a nearest result to the odd neighbour, given the sign of exact - nearest; leaves infinities and NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Adjust(double nearest, double error)
    {
        long bits = BitConverter.DoubleToInt64Bits(nearest);
        if (error == 0 || (bits & 1) != 0 || !double.IsFinite(nearest) || double.IsNaN(error))
            return nearest;
        return BitConverter.Int64BitsToDouble((error > 0) == (nearest > 0) ? bits + 1 : bits - 1);
    }
}
