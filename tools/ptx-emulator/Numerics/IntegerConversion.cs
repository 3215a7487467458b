using System.Runtime.CompilerServices;

namespace Ditto.Emulation.Numerics;

/// <summary>cvt between integers and floating-point numbers, and between integers.</summary>
internal static class IntegerConversion
{
    /// <summary>Rounds to an integral value and clamps to a signed integer.</summary>
    /// <param name="value">The operand; f32, f16 and bf16 widen to it exactly.</param>
    /// <param name="bits">Width of the result: 8, 16, 32 or 64.</param>
    /// <param name="rounding">Direction.</param>
    /// <param name="fromDouble">The operand is an f64. NaN gives 0 where it is not and the result has at most 32 bits,
    /// otherwise the number whose only bit is the top one.</param>
    /// <returns>The result, sign-extended.</returns>
    public static long ToSigned(double value, int bits, Rounding rounding, bool fromDouble)
    {
        if (double.IsNaN(value))
            return bits <= 32 && !fromDouble ? 0 : long.MinValue >> (64 - bits);
        double integral = Ieee64.RoundToIntegral(value, rounding);
        double limit = (double)(1UL << (bits - 1));
        if (integral >= limit)
            return long.MaxValue >> (64 - bits);
        return integral < -limit ? long.MinValue >> (64 - bits) : (long)integral;
    }

    /// <summary>Rounds to an integral value and clamps to an unsigned integer; negative numbers give 0.</summary>
    /// <param name="value">The operand; f32, f16 and bf16 widen to it exactly.</param>
    /// <param name="bits">Width of the result: 8, 16, 32 or 64.</param>
    /// <param name="rounding">Direction.</param>
    /// <param name="fromDouble">As for <see cref="ToSigned"/>.</param>
    /// <returns>The result, zero-extended.</returns>
    public static ulong ToUnsigned(double value, int bits, Rounding rounding, bool fromDouble)
    {
        if (double.IsNaN(value))
            return bits <= 32 && !fromDouble ? 0 : 1UL << (bits - 1);
        double integral = Ieee64.RoundToIntegral(value, rounding);
        if (integral <= 0)
            return 0;
        double limit = (double)(1UL << (bits - 1)) * 2;
        return integral >= limit ? ulong.MaxValue >> (64 - bits) : (ulong)integral;
    }

    /// <summary>Truncates an f32 to s32 (cvt.rzi.s32.f32), the commonest of these conversions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TruncateToInt32(float value)
    {
        if (value >= 2147483648f)
            return int.MaxValue;
        return value >= -2147483648f ? (int)value : float.IsNaN(value) ? 0 : int.MinValue;
    }

    /// <summary>Rounds a signed integer to f32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(long value, Rounding rounding) => rounding == Rounding.NearestEven
        ? value
        : BitConverter.UInt32BitsToSingle((uint)Round<Binary32>(value, rounding));

    /// <summary>Rounds an unsigned integer to f32.</summary>
    public static float ToSingle(ulong value, Rounding rounding) =>
        BitConverter.UInt32BitsToSingle((uint)Rounder.Round<Binary32>(false, value, 0, rounding));

    /// <summary>Rounds a signed integer to f64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ToDouble(long value, Rounding rounding) => rounding == Rounding.NearestEven
        ? value
        : BitConverter.UInt64BitsToDouble(Round<Binary64>(value, rounding));

    /// <summary>Rounds an unsigned integer to f64.</summary>
    public static double ToDouble(ulong value, Rounding rounding) =>
        BitConverter.UInt64BitsToDouble(Rounder.Round<Binary64>(false, value, 0, rounding));

    /// <summary>Rounds a signed integer to f16; what is too large overflows as the direction says.</summary>
    public static ushort ToFloat16(long value, Rounding rounding) => (ushort)Round<Binary16>(value, rounding);

    /// <summary>Rounds an unsigned integer to f16; what is too large overflows as the direction says.</summary>
    public static ushort ToFloat16(ulong value, Rounding rounding) => (ushort)Rounder.Round<Binary16>(false, value, 0, rounding);

    /// <summary>Rounds a signed integer to bf16.</summary>
    public static ushort ToBFloat16(long value, Rounding rounding) => (ushort)Round<Brain16>(value, rounding);

    /// <summary>Rounds an unsigned integer to bf16.</summary>
    public static ushort ToBFloat16(ulong value, Rounding rounding) => (ushort)Rounder.Round<Brain16>(false, value, 0, rounding);

    /// <summary>Clamps a signed integer to a signed width (cvt.sat.s8.s32 and the like).</summary>
    /// <param name="value">The operand.</param>
    /// <param name="bits">Width of the result: 8, 16, 32 or 64.</param>
    /// <returns>The result, sign-extended.</returns>
    public static long SaturateSigned(long value, int bits) => Math.Clamp(value, long.MinValue >> (64 - bits), long.MaxValue >> (64 - bits));

    /// <summary>Clamps an unsigned integer to a signed width.</summary>
    /// <param name="value">The operand.</param>
    /// <param name="bits">Width of the result: 8, 16, 32 or 64.</param>
    public static long SaturateSigned(ulong value, int bits) => (long)Math.Min(value, (ulong)(long.MaxValue >> (64 - bits)));

    /// <summary>Clamps a signed integer to an unsigned width; negative numbers give 0.</summary>
    /// <param name="value">The operand.</param>
    /// <param name="bits">Width of the result: 8, 16, 32 or 64.</param>
    public static ulong SaturateUnsigned(long value, int bits) => SaturateUnsigned((ulong)Math.Max(value, 0), bits);

    /// <summary>Clamps an unsigned integer to an unsigned width.</summary>
    /// <param name="value">The operand.</param>
    /// <param name="bits">Width of the result: 8, 16, 32 or 64.</param>
    public static ulong SaturateUnsigned(ulong value, int bits) => Math.Min(value, ulong.MaxValue >> (64 - bits));

    private static ulong Round<TFormat>(long value, Rounding rounding)
        where TFormat : IBinaryFormat =>
        Rounder.Round<TFormat>(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, 0, rounding);
}
