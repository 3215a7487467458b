namespace Ditto.Emulation.Numerics;

/// <summary>The two 8-bit formats of PTX. Narrowing is .rn.satfinite, the only form there is: overflows and infinities become the largest
/// finite number (448, 57344), NaN 0x7f.</summary>
internal static class Float8
{
    /// <summary>The exact value of an e4m3 number.</summary>
    public static float E4M3ToSingle(byte value) => (value & 0x7f) == 0x7f ? Ieee32.NaN : Widen<E4M3>(value);

    /// <summary>The exact value of an e5m2 number.</summary>
    public static float E5M2ToSingle(byte value) => Float16.ToSingle((ushort)(value << 8));   // an e5m2 number is the upper byte of a half

    /// <summary>The exact value of an e4m3 number as f16; NaN gives 0x7fff.</summary>
    public static ushort E4M3ToHalf(byte value) => Float16.FromSingle(E4M3ToSingle(value));

    /// <summary>The exact value of an e5m2 number as f16; NaN gives 0x7fff.</summary>
    public static ushort E5M2ToHalf(byte value) => (value & 0x7f) > 0x7c ? (ushort)0x7fff : (ushort)(value << 8);

    /// <summary>Rounds an f32 to e4m3.</summary>
    /// <param name="value">Any number.</param>
    /// <param name="relu">Negative numbers become +0.</param>
    public static byte E4M3FromSingle(float value, bool relu = false) => Narrow<E4M3>(value, relu);

    /// <summary>Rounds an f32 to e5m2.</summary>
    /// <param name="value">Any number.</param>
    /// <param name="relu">Negative numbers become +0.</param>
    public static byte E5M2FromSingle(float value, bool relu = false) => Narrow<E5M2>(value, relu);

    /// <summary>Rounds an f16 to e4m3.</summary>
    /// <param name="half">Any number.</param>
    /// <param name="relu">Negative numbers become +0.</param>
    public static byte E4M3FromHalf(ushort half, bool relu = false) => Narrow<E4M3>(Float16.ToSingle(half), relu);

    /// <summary>Rounds an f16 to e5m2.</summary>
    /// <param name="half">Any number.</param>
    /// <param name="relu">Negative numbers become +0.</param>
    public static byte E5M2FromHalf(ushort half, bool relu = false) => Narrow<E5M2>(Float16.ToSingle(half), relu);

    private static byte Narrow<TFormat>(float value, bool relu)
        where TFormat : IBinaryFormat =>
        (byte)Rounder.Round<TFormat>(relu && float.IsNegative(value) && !float.IsNaN(value) ? 0 : value, Rounding.NearestEven, finite: true);

    private static float Widen<TFormat>(byte value)
        where TFormat : IBinaryFormat
    {
        int magnitude = value & 0x7f;
        int exponent = magnitude >> TFormat.FractionBits;
        int hidden = exponent == 0 ? 0 : 1 << TFormat.FractionBits;
        int significand = (magnitude & ((1 << TFormat.FractionBits) - 1)) | hidden;
        float positive = MathF.ScaleB(significand, Math.Max(exponent, 1) - 1 + TFormat.MinExponent - TFormat.FractionBits);
        return (value & 0x80) != 0 ? -positive : positive;
    }
}
