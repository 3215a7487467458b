using System.Runtime.CompilerServices;

namespace Ditto.Emulation.Numerics;

/// <summary>tf32: f32 with 10 bits of fraction, kept in a 32-bit register whose low 13 bits mean nothing.</summary>
internal static class TensorFloat32
{
    private const uint Kept = 0xffff_e000;

    /// <summary>Rounds an f32 (cvt.rna.tf32.f32 and the others); a NaN keeps sign and upper payload.</summary>
    /// <param name="value">Any number.</param>
    /// <param name="rounding">Direction; PTX has NearestAway, NearestEven and Zero.</param>
    /// <param name="finite">.satfinite: infinities and overflows become the largest finite number.</param>
    /// <returns>The register, its low 13 bits zero.</returns>
    public static uint FromSingle(float value, Rounding rounding, bool finite = false)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (bits & Kept) | 0x0040_0000 : (uint)Rounder.Round<Binary19>(value, rounding, finite) << 13;
    }

    /// <summary>What mma makes of a register: the low 13 bits are ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Truncate(uint register) => BitConverter.UInt32BitsToSingle(register & Kept);
}
