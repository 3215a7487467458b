using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Numerics;

/// <summary>Eight lanes of the .approx instructions that inner loops use, with the same rules as <see cref="Approximate"/>.</summary>
internal static class ApproximateVector
{
    /// <summary>2^value, at most the last bit from the correctly rounded value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Ex2(Vector256<float> value, bool ftz = false)
    {
        // Beyond these the result is infinite or zero in f32 anyway.
        Vector256<float> near = Vector256.Min(Vector256.Max(value, Vector256.Create(-200f)), Vector256.Create(200f));
        Vector512<double> exponent = Widen(near);
        // Adding 1.5 * 2^52 rounds to an integer, and leaves it in the low bits.
        Vector512<double> magic = Vector512.Create(6755399441055744.0);
        Vector512<double> shifted = exponent + magic;
        Vector512<double> f = exponent - (shifted - magic);       // in [-1/2, 1/2]
        // Taylor's series of 2^f: ln(2)^k / k!; what is left out is below 2^-41.
        Vector512<double> sum = Vector512.Create(7.054911620801123e-9);
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(1.01780860092397e-7));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(1.321548679014431e-6));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(1.5252733804059841e-5));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(0.0001540353039338161));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(0.0013333558146428443));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(0.009618129107628477));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(0.05550410866482158));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(0.24022650695910072));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512.Create(0.6931471805599453));
        sum = Vector512.MultiplyAddEstimate(sum, f, Vector512<double>.One);
        Vector256<float> result = Narrow((sum.AsInt64() + (shifted.AsInt64() << 52)).AsDouble());
        result = Vector256.ConditionalSelect(Vector256.Equals(value, value), result, Vector256.Create(0x7fff_ffffu).AsSingle());
        return ftz ? Ieee32.FlushDenormal(result) : result;
    }

    /// <summary>1 / value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Rcp(Vector256<float> value, bool ftz = false) => Finish(Vector256<float>.One / Operand(value, ftz), ftz);

    /// <summary>Square root.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sqrt(Vector256<float> value, bool ftz = false) => Finish(Vector256.Sqrt(Operand(value, ftz)), ftz);

    /// <summary>1 / sqrt(value).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Rsqrt(Vector256<float> value, bool ftz = false) =>
        Finish(Narrow(Vector512<double>.One / Vector512.Sqrt(Widen(Operand(value, ftz)))), ftz);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Operand(Vector256<float> value, bool ftz) => ftz ? Ieee32.FlushDenormal(value) : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Finish(Vector256<float> result, bool ftz)
    {
        Vector256<float> canonical = Ieee32.Canonical(result);
        return ftz ? Ieee32.FlushDenormal(canonical) : canonical;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(Vector256<float> value) =>
        Vector512.Create(Vector256.WidenLower(value), Vector256.WidenUpper(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Narrow(Vector512<double> value) => Vector256.Narrow(value.GetLower(), value.GetUpper());
}
