using System.Numerics;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Tests.Numerics;

/// <summary>Rounding by its definition: find the two neighbours in the format among all its encodings, then choose.</summary>
internal sealed class RoundingOracle(int fractionBits, int exponentBits, ulong largestFinite)
{
    public static RoundingOracle Double { get; } = new(52, 11, 0x7fef_ffff_ffff_ffff);

    public static RoundingOracle Single { get; } = new(23, 8, 0x7f7f_ffff);

    public static RoundingOracle Half { get; } = new(10, 5, 0x7bff);

    public static RoundingOracle BFloat16 { get; } = new(7, 8, 0x7f7f);

    public static RoundingOracle TensorFloat32 { get; } = new(10, 8, 0x3fbff);

    public static RoundingOracle E4M3 { get; } = new(3, 4, 0x7e);

    public static RoundingOracle E5M2 { get; } = new(2, 5, 0x7b);

    private ulong SignBit => 1UL << (fractionBits + exponentBits);

    /// <summary>The encoding of the rounded value; an exact zero takes the sign given.</summary>
    public ulong Round(Dyadic exact, Rounding rounding, bool zeroIsNegative = false, bool finite = false) =>
        exact.Significand.IsZero
            ? zeroIsNegative ? SignBit : 0
            : Round(exact.IsNegative, candidate => exact.Magnitude.CompareTo(candidate), rounding, finite);

    /// <summary>The encoding of a rounded value that is known by comparison only.</summary>
    /// <param name="negative">The sign.</param>
    /// <param name="compare">The sign of |exact| - candidate, for candidates >= 0.</param>
    /// <param name="rounding">Direction.</param>
    /// <param name="finite">Overflow gives the largest finite number.</param>
    public ulong Round(bool negative, Func<Dyadic, int> compare, Rounding rounding, bool finite = false)
    {
        ulong low = 0, high = largestFinite + 1;                  // the neighbour below is in [low, high)
        while (high - low > 1)
        {
            ulong middle = low + ((high - low) / 2);
            (low, high) = compare(Value(middle)) >= 0 ? (middle, high) : (low, middle);
        }
        ulong sign = negative ? SignBit : 0;
        if (compare(Value(low)) == 0)
            return sign | low;
        Dyadic both = Value(low) + Value(low + 1);                // beyond the largest: as if the exponents went on
        int side = compare(both with { Exponent = both.Exponent - 1 });
        bool up = rounding switch
        {
            Rounding.NearestEven => side > 0 || (side == 0 && low % 2 == 1),
            Rounding.NearestAway => side >= 0,
            Rounding.Up => !negative,
            Rounding.Down => negative,
            _ => false,
        };
        return sign | (up && !(finite && low == largestFinite) ? low + 1 : low);
    }

    public Dyadic Value(ulong magnitude)
    {
        int field = (int)(magnitude >> fractionBits);
        BigInteger fraction = magnitude & ((1UL << fractionBits) - 1);
        int exponent = Math.Max(field, 1) - (1 << (exponentBits - 1)) + 1 - fractionBits;
        return new(field == 0 ? fraction : fraction + (BigInteger.One << fractionBits), exponent);
    }
}
