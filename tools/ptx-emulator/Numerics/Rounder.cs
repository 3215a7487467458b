using System.Numerics;

namespace Ditto.Emulation.Numerics;

/// <summary>The one place where an exact value is rounded to a format.</summary>
internal static class Rounder
{
    /// <summary>Rounds sign * significand * 2^exponent to a format, once.</summary>
    /// <typeparam name="TFormat">The format of the result.</typeparam>
    /// <param name="negative">The sign.</param>
    /// <param name="significand">Any 64-bit number. Its lowest bit may stand for "something nonzero is below" when it has
    /// at least two bits more than the format's significand.</param>
    /// <param name="exponent">Power of two of the significand's lowest bit.</param>
    /// <param name="rounding">Direction.</param>
    /// <param name="finite">PTX's .satfinite: an overflow gives the largest finite number.</param>
    /// <returns>The encoding, sign included.</returns>
    public static ulong Round<TFormat>(bool negative, ulong significand, int exponent, Rounding rounding, bool finite = false)
        where TFormat : IBinaryFormat
    {
        ulong sign = negative ? TFormat.SignBit : 0;
        if (significand == 0)
            return sign;
        int top = Math.Max(exponent + 63 - BitOperations.LeadingZeroCount(significand), TFormat.MinExponent);
        int shift = top - TFormat.FractionBits - exponent;        // bits that the format has no room for
        ulong kept, dropped;                                      // dropped: those bits, the first one at bit 63
        if (shift <= 0)
            (kept, dropped) = (significand << -shift, 0);
        else if (shift < 64)
            (kept, dropped) = (significand >> shift, significand << (64 - shift));
        else
            (kept, dropped) = (0, shift == 64 ? significand : 1);
        // A significand of the hidden bit's size adds one to the exponent field, and so does the carry of a rounding up.
        ulong encoded = ((ulong)(top - TFormat.MinExponent) << TFormat.FractionBits) + kept;
        if (dropped != 0 && RoundsAway(negative, (kept & 1) != 0, dropped, rounding))
            encoded++;
        if (encoded > TFormat.LargestFinite)
            encoded = Overflow<TFormat>(negative, rounding, finite);
        return sign | encoded;
    }

    /// <summary>Rounds a double to a narrower format. NaN gives the format's canonical NaN.</summary>
    /// <param name="value">Any double.</param>
    /// <param name="rounding">Direction.</param>
    /// <param name="finite">PTX's .satfinite: infinities as well become the largest finite number.</param>
    /// <returns>The encoding, sign included.</returns>
    public static ulong Round<TFormat>(double value, Rounding rounding, bool finite = false)
        where TFormat : IBinaryFormat
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        bool negative = (long)bits < 0;
        int field = (int)(bits >> 52) & 0x7ff;
        ulong fraction = bits & 0x000f_ffff_ffff_ffff;
        if (field == 0x7ff)
        {
            if (fraction != 0)
                return TFormat.CanonicalNaN;
            return (negative ? TFormat.SignBit : 0) | (finite ? TFormat.LargestFinite : TFormat.Infinity);
        }
        return field == 0
            ? Round<TFormat>(negative, fraction, -1074, rounding, finite)
            : Round<TFormat>(negative, fraction | (1UL << 52), field - 1075, rounding, finite);
    }

    private static bool RoundsAway(bool negative, bool odd, ulong dropped, Rounding rounding)
    {
        const ulong Half = 1UL << 63;
        return rounding switch
        {
            Rounding.NearestEven => dropped > Half || (dropped == Half && odd),
            Rounding.NearestAway => dropped >= Half,
            Rounding.Down => negative,
            Rounding.Up => !negative,
            _ => false,
        };
    }

    private static ulong Overflow<TFormat>(bool negative, Rounding rounding, bool finite)
        where TFormat : IBinaryFormat
    {
        bool towardZero = rounding switch
        {
            Rounding.Zero => true,
            Rounding.Down => !negative,
            Rounding.Up => negative,
            _ => false,
        };
        return finite || towardZero ? TFormat.LargestFinite : TFormat.Infinity;
    }
}
