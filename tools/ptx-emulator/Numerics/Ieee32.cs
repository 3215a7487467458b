using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Numerics;

/// <summary>f32 arithmetic rounded once in any direction. Denormals are kept; callers flush with <see cref="FlushDenormal(float)"/> for .ftz.
/// Every NaN result is the canonical one, 0x7fffffff.</summary>
internal static class Ieee32
{
    /// <summary>The NaN that instructions produce: 0x7fffffff.</summary>
    public static float NaN => BitConverter.UInt32BitsToSingle(0x7fff_ffff);

    /// <summary>Rounds a double (cvt.f32.f64).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromDouble(double value, Rounding rounding) => rounding == Rounding.NearestEven
        ? Canonical((float)value)
        : BitConverter.UInt32BitsToSingle((uint)Rounder.Round<Binary32>(value, rounding));

    /// <summary>a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float a, float b, Rounding rounding) =>
        rounding == Rounding.NearestEven ? Canonical(a + b) : DirectedSum(a, b, rounding);

    /// <summary>a - b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sub(float a, float b, Rounding rounding) =>
        rounding == Rounding.NearestEven ? Canonical(a - b) : DirectedSum(a, -b, rounding);

    /// <summary>a * b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Mul(float a, float b, Rounding rounding) =>
        rounding == Rounding.NearestEven ? Canonical(a * b) : FromDouble((double)a * b, rounding);

    /// <summary>a * b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Fma(float a, float b, float c, Rounding rounding) => rounding == Rounding.NearestEven
        ? Canonical(MathF.FusedMultiplyAdd(a, b, c))
        : DirectedSum((double)a * b, c, rounding);                // a product of floats is a double

    /// <summary>a / b.</summary>
    public static float Div(float a, float b, Rounding rounding)
    {
        float nearest = a / b;
        if (rounding == Rounding.NearestEven || a == 0 || b == 0 || !float.IsFinite(a) || !float.IsFinite(b))
            return Canonical(nearest);
        return FromDouble(OddRounding.Divide(a, b), rounding);
    }

    /// <summary>1 / value.</summary>
    public static float Rcp(float value, Rounding rounding) => Div(1, value, rounding);

    /// <summary>The square root; -0 gives -0, a negative number NaN.</summary>
    public static float Sqrt(float value, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(value > 0) || float.IsInfinity(value))
            return Canonical(MathF.Sqrt(value));
        return FromDouble(OddRounding.Sqrt(value), rounding);
    }

    /// <summary>A denormal becomes the zero of its sign (.ftz).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FlushDenormal(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x7f80_0000) == 0 ? BitConverter.UInt32BitsToSingle(bits & 0x8000_0000) : value;
    }

    /// <summary>A denormal becomes the zero of its sign (.ftz), in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FlushDenormal(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> small = Vector256.Equals(bits & Vector256.Create(0x7f80_0000u), Vector256<uint>.Zero);
        return Vector256.ConditionalSelect(small, bits & Vector256.Create(0x8000_0000u), bits).AsSingle();
    }

    /// <summary>Clamps to [0, 1]; NaN and -0 give +0 (.sat).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Saturate(float value) => value > 0 ? (value < 1 ? value : 1) : 0;

    /// <summary>Clamps to [0, 1] in each lane; NaN and -0 give +0 (.sat).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Saturate(Vector256<float> value)
    {
        Vector256<float> positive = Vector256.GreaterThan(value, Vector256<float>.Zero) & value;
        return Vector256.ConditionalSelect(Vector256.LessThan(positive, Vector256<float>.One), positive, Vector256<float>.One);
    }

    /// <summary>Any NaN becomes 0x7fffffff.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Canonical(float value) => float.IsNaN(value) ? NaN : value;

    /// <summary>Any NaN becomes 0x7fffffff, in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Canonical(Vector256<float> value) =>
        Vector256.ConditionalSelect(Vector256.Equals(value, value), value, Vector256.Create(0x7fff_ffffu).AsSingle());

    /// <summary>PTX min: of one NaN the other operand, -0 below +0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="propagateNaN">.NaN: any NaN gives NaN.</param>
    /// <param name="xorSignAbs">.xorsign.abs: the smaller magnitude with the product of the signs.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Min(float a, float b, bool propagateNaN = false, bool xorSignAbs = false) => xorSignAbs
        ? XorSign(Min(MathF.Abs(a), MathF.Abs(b), propagateNaN), a, b)
        : Pick(MathF.Min(a, b), a, b, propagateNaN);

    /// <summary>PTX max: of one NaN the other operand, +0 above -0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="propagateNaN">.NaN: any NaN gives NaN.</param>
    /// <param name="xorSignAbs">.xorsign.abs: the larger magnitude with the product of the signs.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float a, float b, bool propagateNaN = false, bool xorSignAbs = false) => xorSignAbs
        ? XorSign(Max(MathF.Abs(a), MathF.Abs(b), propagateNaN), a, b)
        : Pick(MathF.Max(a, b), a, b, propagateNaN);

    /// <summary>Rounds to an integral value; the sign of a zero result is that of the operand (cvt.rni.f32.f32).</summary>
    public static float RoundToIntegral(float value, Rounding rounding) => Canonical(rounding switch
    {
        Rounding.NearestEven => MathF.Round(value, MidpointRounding.ToEven),
        Rounding.Zero => MathF.Truncate(value),
        Rounding.Down => MathF.Floor(value),
        Rounding.Up => MathF.Ceiling(value),
        _ => MathF.Round(value, MidpointRounding.AwayFromZero),
    });

    private static float DirectedSum(double a, float b, Rounding rounding)
    {
        double sum = OddRounding.Add(a, b);
        if (sum == 0 && rounding == Rounding.Down && (double.IsNegative(a) || float.IsNegative(b)))
            return -0.0f;                                         // IEEE 754, 6.3: downward, an exact zero of mixed signs is -0
        return FromDouble(sum, rounding);
    }

    // IEEE's minimum and maximum differ from PTX's in NaN only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Pick(float ieee, float a, float b, bool propagateNaN)
    {
        if (!float.IsNaN(ieee))
            return ieee;
        if (propagateNaN)
            return NaN;
        return float.IsNaN(a) ? Canonical(b) : a;
    }

    private static float XorSign(float magnitude, float a, float b)
    {
        if (float.IsNaN(magnitude))
            return NaN;
        uint sign = (BitConverter.SingleToUInt32Bits(a) ^ BitConverter.SingleToUInt32Bits(b)) & 0x8000_0000;
        return BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(magnitude) | sign);
    }
}
