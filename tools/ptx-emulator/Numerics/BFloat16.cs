using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Numerics;

/// <summary>bf16 conversions. NaN results are 0x7fff; widening a NaN keeps its sign and payload.</summary>
internal static partial class BFloat16
{
    /// <summary>The exact value as f32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>The exact values as f32 of the numbers in the low 16 bits of each lane; upper bits are ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle(Vector256<uint> lowHalves) => (lowHalves << 16).AsSingle();

    /// <summary>The exact value as f64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ToDouble(ushort value) => ToSingle(value);

    /// <summary>Rounds an f32 (cvt.bf16.f32).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value, Rounding rounding = Rounding.NearestEven)
    {
        if (rounding != Rounding.NearestEven)
            return FromDouble(value, rounding);
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7fff : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Rounds an f32; infinities and overflows become the largest finite number (.satfinite).</summary>
    public static ushort FromSingleFinite(float value, Rounding rounding = Rounding.NearestEven) =>
        (ushort)Rounder.Round<Brain16>(value, rounding, finite: true);

    /// <summary>Rounds an f64, once.</summary>
    public static ushort FromDouble(double value, Rounding rounding = Rounding.NearestEven) => (ushort)Rounder.Round<Brain16>(value, rounding);

    /// <summary>Rounds each lane to nearest even; the results stand in the low 16 bits, the upper ones are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> FromSingle(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> odd = (bits >> 16) & Vector256<uint>.One;
        Vector256<uint> rounded = (bits + Vector256.Create(0x7fffu) + odd) >> 16;
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, Vector256.Create(0x7fffu));
    }
}
