using System.Runtime.CompilerServices;

namespace Ditto.Emulation.Numerics;

/// <summary>
/// The .approx instructions. Each gives the exact function's value rounded to the format (as far as double arithmetic knows it), which is
/// within PTX's bounds on every target; PTX's own rules hold for special values. With ftz, denormal operands and results become zeros of
/// their sign. NaN results are 0x7fffffff (0x7fff in the 16-bit forms).
/// </summary>
internal static class Approximate
{
    /// <summary>2^value; -inf gives +0.</summary>
    public static float Ex2(float value, bool ftz = false) => Finish(Math.Pow(2, Operand(value, ftz)), ftz);

    /// <summary>Binary logarithm; zeros give -inf, negative numbers NaN.</summary>
    public static float Lg2(float value, bool ftz = false) => Finish(Math.Log2(Operand(value, ftz)), ftz);

    /// <summary>1 / value; zeros give infinities of their sign and the other way round.</summary>
    public static float Rcp(float value, bool ftz = false) => Finish(1 / (double)Operand(value, ftz), ftz);

    /// <summary>1 / sqrt(value); zeros give infinities of their sign, +inf +0, negative numbers NaN.</summary>
    public static float Rsqrt(float value, bool ftz = false) => Finish(1 / Math.Sqrt(Operand(value, ftz)), ftz);

    /// <summary>Square root; -0 gives -0, negative numbers NaN.</summary>
    public static float Sqrt(float value, bool ftz = false) => Finish(Math.Sqrt(Operand(value, ftz)), ftz);

    /// <summary>Sine of radians; infinities give NaN, -0 gives -0.</summary>
    public static float Sin(float value, bool ftz = false) => Finish(Math.Sin(Operand(value, ftz)), ftz);

    /// <summary>Cosine of radians; infinities give NaN.</summary>
    public static float Cos(float value, bool ftz = false) => Finish(Math.Cos(Operand(value, ftz)), ftz);

    /// <summary>Hyperbolic tangent; infinities give 1 of their sign.</summary>
    public static float Tanh(float value) => Finish(Math.Tanh(value), ftz: false);

    /// <summary>a / b (div.full.f32): right for every divisor.</summary>
    public static float DivFull(float a, float b, bool ftz = false) => Finish(Operand(a, ftz) / (double)Operand(b, ftz), ftz);

    /// <summary>a / b (div.approx.f32): for |b| above 2^126 the result is 0 and that of an infinite a NaN, as a * rcp(b) has it.</summary>
    public static float DivApprox(float a, float b, bool ftz = false)
    {
        const float LargestDivisor = 8.507059173023462E37f;       // 2^126
        if (MathF.Abs(b) > LargestDivisor)
            return Ieee32.Canonical(Operand(a, ftz) * MathF.CopySign(0, b));
        return DivFull(a, b, ftz);
    }

    /// <summary>1 / value from the upper 32 bits of an f64, with 32 bits of result (rcp.approx.ftz.f64).</summary>
    public static double RcpUpper(double value) => ToUpper(1 / Upper(value));

    /// <summary>1 / sqrt(value) from the upper 32 bits of an f64, with 32 bits of result (rsqrt.approx.ftz.f64).</summary>
    public static double RsqrtUpper(double value) => ToUpper(1 / Math.Sqrt(Upper(value)));

    /// <summary>1 / sqrt(value) in nearly full precision (rsqrt.approx.f64).</summary>
    public static double Rsqrt(double value) => 1 / Math.Sqrt(value);

    /// <summary>2^half (ex2.approx.f16).</summary>
    public static ushort Ex2Half(ushort half, bool ftz = false)
    {
        ushort result = Float16.FromDouble(Math.Pow(2, Float16.ToDouble(ftz ? Float16.FlushDenormal(half) : half)));
        return ftz ? Float16.FlushDenormal(result) : result;
    }

    /// <summary>Hyperbolic tangent (tanh.approx.f16).</summary>
    public static ushort TanhHalf(ushort half) => Float16.FromDouble(Math.Tanh(Float16.ToDouble(half)));

    /// <summary>2^value (ex2.approx.ftz.bf16): denormal results become +0.</summary>
    public static ushort Ex2BFloat16(ushort value) =>
        BFloat16.FromSingle(Ieee32.FlushDenormal(BFloat16.ToSingle(BFloat16.FromDouble(Math.Pow(2, BFloat16.ToDouble(value))))));

    /// <summary>Hyperbolic tangent (tanh.approx.bf16).</summary>
    public static ushort TanhBFloat16(ushort value) => BFloat16.FromDouble(Math.Tanh(BFloat16.ToDouble(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Operand(float value, bool ftz) => ftz ? Ieee32.FlushDenormal(value) : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish(double result, bool ftz)
    {
        float rounded = Ieee32.Canonical((float)result);
        return ftz ? Ieee32.FlushDenormal(rounded) : rounded;
    }

    private static double Upper(double value) => FlushDenormal(BitConverter.DoubleToUInt64Bits(value) & 0xffff_ffff_0000_0000);

    private static double ToUpper(double result) => double.IsNaN(result)
        ? BitConverter.UInt64BitsToDouble(0x7fff_ffff_0000_0000)
        : FlushDenormal((BitConverter.DoubleToUInt64Bits(result) + 0x8000_0000) & 0xffff_ffff_0000_0000);

    private static double FlushDenormal(ulong bits) =>
        BitConverter.UInt64BitsToDouble((bits & 0x7ff0_0000_0000_0000) == 0 ? bits & (1UL << 63) : bits);
}
