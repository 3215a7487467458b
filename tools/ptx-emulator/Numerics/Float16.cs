using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Numerics;

/// <summary>f16 conversions. NaN results are 0x7fff; widening a NaN keeps its sign and payload.</summary>
internal static partial class Float16
{
    private const uint Sign = 0x8000_0000;
    private const uint FloatInfinity = 0x7f80_0000;
    private const uint Rebias = (127 - 15) << 23;

    /// <summary>The exact value as f32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort half)
    {
        uint magnitude = (uint)(half & 0x7fff) << 13;
        uint sign = (uint)(half & 0x8000) << 16;
        if (magnitude >= 0x0f80_0000)                             // infinity, NaN: the largest exponent
            return BitConverter.UInt32BitsToSingle(sign | (magnitude + (2 * Rebias)));
        // 2^112 moves the exponent, and normalises denormals on the way: exact.
        float scaled = BitConverter.UInt32BitsToSingle(magnitude) * BitConverter.UInt32BitsToSingle((254 - 15) << 23);
        return BitConverter.UInt32BitsToSingle(sign | BitConverter.SingleToUInt32Bits(scaled));
    }

    /// <summary>The exact values as f32 of the halves in the low 16 bits of each lane; upper bits are ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle(Vector256<uint> lowHalves)
    {
        Vector256<uint> magnitude = (lowHalves & Vector256.Create(0x7fffu)) << 13;
        Vector256<uint> sign = (lowHalves & Vector256.Create(0x8000u)) << 16;
        Vector256<uint> scaled = (magnitude.AsSingle() * Vector256.Create((254u - 15) << 23).AsSingle()).AsUInt32();
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude.AsInt32(), Vector256.Create(0x0f80_0000)).AsUInt32();
        return (sign | Vector256.ConditionalSelect(special, magnitude + Vector256.Create(2 * Rebias), scaled)).AsSingle();
    }

    /// <summary>The exact value as f64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ToDouble(ushort half) => ToSingle(half);

    /// <summary>Rounds an f32 (cvt.f16.f32).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value, Rounding rounding = Rounding.NearestEven) =>
        rounding == Rounding.NearestEven ? Nearest(value) : FromDouble(value, rounding);

    /// <summary>Rounds an f32; infinities and overflows become +-65504 (.satfinite).</summary>
    public static ushort FromSingleFinite(float value, Rounding rounding = Rounding.NearestEven) =>
        (ushort)Rounder.Round<Binary16>(value, rounding, finite: true);

    /// <summary>Rounds an f64, once.</summary>
    public static ushort FromDouble(double value, Rounding rounding = Rounding.NearestEven) => (ushort)Rounder.Round<Binary16>(value, rounding);

    /// <summary>Rounds each lane to nearest even; the halves stand in the low 16 bits, the upper ones are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> FromSingle(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> sign = (bits & Vector256.Create(Sign)) >> 16;
        Vector256<uint> magnitude = bits & Vector256.Create(~Sign);
        // Normal results: the carry of the rounding may reach the exponent, up to infinity.
        Vector256<uint> odd = (magnitude >> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (magnitude - Vector256.Create(Rebias - 0xfffu) + odd) >> 13;
        // Denormal results: next to 1/2 the last bit of an f32 is worth 2^-24, so that the addition rounds.
        Vector256<uint> small = (magnitude.AsSingle() + Vector256.Create(0.5f)).AsUInt32() - Vector256.Create(0x3f00_0000u);
        Vector256<uint> result = Vector256.ConditionalSelect(Below(magnitude, 113u << 23), small, normal);
        result = sign | Vector256.ConditionalSelect(Below(magnitude, (127 + 16) << 23), result, Vector256.Create(0x7c00u));
        return Vector256.ConditionalSelect(Below(magnitude, FloatInfinity + 1), result, Vector256.Create(0x7fffu));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Below(Vector256<uint> magnitude, uint limit) =>
        Vector256.LessThan(magnitude.AsInt32(), Vector256.Create((int)limit)).AsUInt32();

    private static ushort Nearest(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint sign = (bits & Sign) >> 16;
        uint magnitude = bits & ~Sign;
        if (magnitude > FloatInfinity)
            return 0x7fff;
        if (magnitude >= (127 + 16) << 23)
            return (ushort)(sign | 0x7c00);
        if (magnitude >= 113u << 23)
            return (ushort)(sign | ((magnitude - (Rebias - 0xfff) + ((magnitude >> 13) & 1)) >> 13));
        float small = BitConverter.UInt32BitsToSingle(magnitude) + 0.5f;
        return (ushort)(sign | (BitConverter.SingleToUInt32Bits(small) - 0x3f00_0000));
    }
}
