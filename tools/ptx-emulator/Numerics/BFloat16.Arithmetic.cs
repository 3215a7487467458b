namespace Ditto.Emulation.Numerics;

/// <summary>bf16 arithmetic, rounded once to nearest even. Products (16 bits) are doubles; sums go through a double rounded to odd, because
/// an addend far below a product that lies in the middle of two bf16 numbers still decides where it goes.</summary>
internal static partial class BFloat16
{
    private const ushort NaN = 0x7fff;

    /// <summary>a + b.</summary>
    public static ushort Add(ushort a, ushort b) => FromDouble(OddRounding.Add(ToDouble(a), ToDouble(b)));

    /// <summary>a - b.</summary>
    public static ushort Sub(ushort a, ushort b) => FromDouble(OddRounding.Add(ToDouble(a), -ToDouble(b)));

    /// <summary>a * b.</summary>
    public static ushort Mul(ushort a, ushort b) => FromDouble(ToDouble(a) * ToDouble(b));

    /// <summary>a * b + c.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Addend.</param>
    /// <param name="relu">Negative results become +0.</param>
    public static ushort Fma(ushort a, ushort b, ushort c, bool relu = false)
    {
        ushort rounded = FromDouble(OddRounding.Add(ToDouble(a) * ToDouble(b), ToDouble(c)));
        return relu ? Relu(rounded) : rounded;
    }

    /// <summary>PTX min: of one NaN the other operand, -0 below +0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="propagateNaN">.NaN: any NaN gives NaN.</param>
    /// <param name="xorSignAbs">.xorsign.abs: the smaller magnitude with the product of the signs.</param>
    public static ushort Min(ushort a, ushort b, bool propagateNaN = false, bool xorSignAbs = false) =>
        FromSingle(Ieee32.Min(ToSingle(a), ToSingle(b), propagateNaN, xorSignAbs));

    /// <summary>PTX max: of one NaN the other operand, +0 above -0.</summary>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="propagateNaN">.NaN: any NaN gives NaN.</param>
    /// <param name="xorSignAbs">.xorsign.abs: the larger magnitude with the product of the signs.</param>
    public static ushort Max(ushort a, ushort b, bool propagateNaN = false, bool xorSignAbs = false) =>
        FromSingle(Ieee32.Max(ToSingle(a), ToSingle(b), propagateNaN, xorSignAbs));

    /// <summary>Negative numbers become +0, NaN the canonical NaN (.relu).</summary>
    public static ushort Relu(ushort value) => (value & 0x7fff) > 0x7f80 ? NaN : value >= 0x8000 ? (ushort)0 : value;
}
