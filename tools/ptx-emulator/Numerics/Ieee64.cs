using System.Numerics;

namespace Ditto.Emulation.Numerics;

/// <summary>f64 arithmetic rounded once in any direction: nearest by the processor, the others by 128-bit integers.</summary>
internal static class Ieee64
{
    /// <summary>a + b.</summary>
    public static double Add(double a, double b, Rounding rounding) => rounding == Rounding.NearestEven ? a + b : ExactFma(a, 1, b, rounding);

    /// <summary>a - b.</summary>
    public static double Sub(double a, double b, Rounding rounding) => rounding == Rounding.NearestEven ? a - b : ExactFma(a, 1, -b, rounding);

    /// <summary>a * b.</summary>
    public static double Mul(double a, double b, Rounding rounding) => rounding == Rounding.NearestEven
        ? a * b
        : ExactFma(a, b, double.IsNegative(a) == double.IsNegative(b) ? 0.0 : -0.0, rounding);

    /// <summary>a * b + c, rounded once.</summary>
    public static double Fma(double a, double b, double c, Rounding rounding) =>
        rounding == Rounding.NearestEven ? Math.FusedMultiplyAdd(a, b, c) : ExactFma(a, b, c, rounding);

    /// <summary>a / b.</summary>
    public static double Div(double a, double b, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || a == 0 || b == 0 || !double.IsFinite(a) || !double.IsFinite(b))
            return a / b;
        (ulong first, int firstExponent) = Normalized(a);
        (ulong second, int secondExponent) = Normalized(b);
        double quotient = (double)first / second;                 // in (1/2, 2), so that neither it nor its rest underflows
        double rest = Math.FusedMultiplyAdd(-quotient, second, first);
        return WithRest(double.IsNegative(a) != double.IsNegative(b), quotient, rest, firstExponent - secondExponent, rounding);
    }

    /// <summary>1 / value.</summary>
    public static double Rcp(double value, Rounding rounding) => Div(1, value, rounding);

    /// <summary>The square root; -0 gives -0, a negative number NaN.</summary>
    public static double Sqrt(double value, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(value > 0) || double.IsInfinity(value))
            return Math.Sqrt(value);
        (ulong significand, int exponent) = Normalized(value);
        int odd = exponent & 1;
        double radicand = (double)significand * (1 + odd);
        double root = Math.Sqrt(radicand);
        return WithRest(false, root, Math.FusedMultiplyAdd(-root, root, radicand), (exponent - odd) / 2, rounding);
    }

    /// <summary>Clamps to [0, 1]; NaN and -0 give +0 (.sat).</summary>
    public static double Saturate(double value) => value > 0 ? (value < 1 ? value : 1) : 0;

    /// <summary>PTX min: of one NaN the other operand, -0 below +0.</summary>
    public static double Min(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Min(a, b);

    /// <summary>PTX max: of one NaN the other operand, +0 above -0.</summary>
    public static double Max(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Max(a, b);

    /// <summary>Rounds to an integral value; the sign of a zero result is that of the operand.</summary>
    public static double RoundToIntegral(double value, Rounding rounding) => rounding switch
    {
        Rounding.NearestEven => Math.Round(value, MidpointRounding.ToEven),
        Rounding.Zero => Math.Truncate(value),
        Rounding.Down => Math.Floor(value),
        Rounding.Up => Math.Ceiling(value),
        _ => Math.Round(value, MidpointRounding.AwayFromZero),
    };

    private static double ExactFma(double a, double b, double c, Rounding rounding)
    {
        if (!double.IsFinite(a) || !double.IsFinite(b) || !double.IsFinite(c))
            return Math.FusedMultiplyAdd(a, b, c);
        bool negative = double.IsNegative(a) != double.IsNegative(b);
        bool addendNegative = double.IsNegative(c);
        if ((a == 0 || b == 0) && c == 0)
            return negative == addendNegative ? c : rounding == Rounding.Down ? -0.0 : 0.0;
        if (a == 0 || b == 0)
            return c;
        (ulong first, int firstExponent) = Normalized(a);
        (ulong second, int secondExponent) = Normalized(b);
        (UInt128 product, int exponent) = Raised((UInt128)first * second, firstExponent + secondExponent);
        if (c == 0)
            return Rounded(negative, product, exponent, rounding);
        (ulong third, int thirdExponent) = Normalized(c);
        (UInt128 addend, int addendExponent) = Raised(third, thirdExponent);
        // Both have their first bit at bit 125. A shift by one loses nothing (a product has 106 bits), and after a longer one at most one
        // leading bit cancels, so the jammed bit stays far below the last bit of the result.
        if (exponent < addendExponent || (exponent == addendExponent && product < addend))
            (product, addend, exponent, addendExponent, negative, addendNegative) =
                (addend, product, addendExponent, exponent, addendNegative, negative);
        addend = ShiftRightJam(addend, exponent - addendExponent);
        if (negative != addendNegative && product == addend)
            return rounding == Rounding.Down ? -0.0 : 0.0;
        return Rounded(negative, negative == addendNegative ? product + addend : product - addend, exponent, rounding);
    }

    private static double Rounded(bool negative, UInt128 significand, int exponent, Rounding rounding)
    {
        int excess = 64 - (int)UInt128.LeadingZeroCount(significand);
        ulong top = excess > 0 ? (ulong)ShiftRightJam(significand, excess) : (ulong)significand;
        return BitConverter.UInt64BitsToDouble(Rounder.Round<Binary64>(negative, top, exponent + Math.Max(excess, 0), rounding));
    }

    // A nearest result of 53 bits with the sign of (exact - nearest) behind it, as one integer.
    private static double WithRest(bool negative, double nearest, double rest, int exponent, Rounding rounding)
    {
        (ulong significand, int own) = Normalized(nearest);
        ulong extended = (significand << 2) + (ulong)Math.Sign(rest);
        return BitConverter.UInt64BitsToDouble(Rounder.Round<Binary64>(negative, extended, own - 2 + exponent, rounding));
    }

    // |value| = significand * 2^exponent with 53 bits of significand, for denormals as well.
    private static (ulong Significand, int Exponent) Normalized(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        int field = (int)(bits >> 52) & 0x7ff;
        ulong fraction = bits & 0x000f_ffff_ffff_ffff;
        if (field != 0)
            return (fraction | (1UL << 52), field - 1075);
        int shift = BitOperations.LeadingZeroCount(fraction) - 11;
        return (fraction << shift, -1074 - shift);
    }

    private static (UInt128 Significand, int Exponent) Raised(UInt128 significand, int exponent)
    {
        int shift = (int)UInt128.LeadingZeroCount(significand) - 2;
        return (significand << shift, exponent - shift);
    }

    private static UInt128 ShiftRightJam(UInt128 value, int count)
    {
        if (count == 0)
            return value;
        if (count > 127)
            return value == 0 ? 0 : (UInt128)1;
        UInt128 shifted = value >> count;
        return shifted << count == value ? shifted : shifted | 1;
    }
}
