namespace Ditto.Emulation.Numerics;

/// <summary>f16 arithmetic, rounded once to nearest even.</summary>
/// <remarks>Sums (40 bits) and products (22 bits) of halves are doubles. A fused product and sum fits as well unless the operands lie more than
/// 2^31 apart; then either the sum overflows to infinity, or the addend, a half, is the larger by so much that its neighbourhood in double
/// holds no midpoint of halves: rounding the double is rounding the exact value.</remarks>
internal static partial class Float16
{
    private const ushort NaN = 0x7fff;

    /// <summary>a + b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="ftz">Denormal operands and results become zeros of their sign.</param>
    /// <param name="saturate">Clamp to [0, 1]; NaN gives +0.</param>
    public static ushort Add(ushort a, ushort b, bool ftz = false, bool saturate = false) =>
        Finish(Operand(a, ftz) + Operand(b, ftz), ftz, saturate, relu: false);

    /// <summary>a - b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="ftz">Denormal operands and results become zeros of their sign.</param>
    /// <param name="saturate">Clamp to [0, 1]; NaN gives +0.</param>
    public static ushort Sub(ushort a, ushort b, bool ftz = false, bool saturate = false) =>
        Finish(Operand(a, ftz) - Operand(b, ftz), ftz, saturate, relu: false);

    /// <summary>a * b.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="ftz">Denormal operands and results become zeros of their sign.</param>
    /// <param name="saturate">Clamp to [0, 1]; NaN gives +0.</param>
    public static ushort Mul(ushort a, ushort b, bool ftz = false, bool saturate = false) =>
        Finish(Operand(a, ftz) * Operand(b, ftz), ftz, saturate, relu: false);

    /// <summary>a * b + c.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Addend.</param>
    /// <param name="ftz">Denormal operands and results become zeros of their sign.</param>
    /// <param name="saturate">Clamp to [0, 1]; NaN gives +0.</param>
    /// <param name="relu">Negative results become +0.</param>
    public static ushort Fma(ushort a, ushort b, ushort c, bool ftz = false, bool saturate = false, bool relu = false) =>
        Finish((Operand(a, ftz) * Operand(b, ftz)) + Operand(c, ftz), ftz, saturate, relu);

    /// <summary>PTX min: of one NaN the other operand, -0 below +0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="propagateNaN">.NaN: any NaN gives NaN.</param>
    /// <param name="xorSignAbs">.xorsign.abs: the smaller magnitude with the product of the signs.</param>
    /// <param name="ftz">Denormal operands count as zeros of their sign.</param>
    public static ushort Min(ushort a, ushort b, bool propagateNaN = false, bool xorSignAbs = false, bool ftz = false) =>
        FromSingle(Ieee32.Min((float)Operand(a, ftz), (float)Operand(b, ftz), propagateNaN, xorSignAbs));

    /// <summary>PTX max: of one NaN the other operand, +0 above -0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="propagateNaN">.NaN: any NaN gives NaN.</param>
    /// <param name="xorSignAbs">.xorsign.abs: the larger magnitude with the product of the signs.</param>
    /// <param name="ftz">Denormal operands count as zeros of their sign.</param>
    public static ushort Max(ushort a, ushort b, bool propagateNaN = false, bool xorSignAbs = false, bool ftz = false) =>
        FromSingle(Ieee32.Max((float)Operand(a, ftz), (float)Operand(b, ftz), propagateNaN, xorSignAbs));

    /// <summary>A denormal becomes the zero of its sign (.ftz).</summary>
    public static ushort FlushDenormal(ushort value) => (value & 0x7c00) == 0 ? (ushort)(value & 0x8000) : value;

    /// <summary>Negative numbers become +0, NaN the canonical NaN (.relu).</summary>
    public static ushort Relu(ushort value) => (value & 0x7fff) > 0x7c00 ? NaN : value >= 0x8000 ? (ushort)0 : value;

    private static double Operand(ushort value, bool ftz) => ToSingle(ftz ? FlushDenormal(value) : value);

    private static ushort Finish(double exact, bool ftz, bool saturate, bool relu)
    {
        ushort rounded = FromDouble(saturate ? Ieee64.Saturate(exact) : exact);
        if (relu)
            rounded = Relu(rounded);
        return ftz ? FlushDenormal(rounded) : rounded;
    }
}
