using Ditto.Emulation.Instructions;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Decoding;

/// <summary>One lane's conversion between two types, as a function from bits to bits. Results are extended to 64 bits as their type says.</summary>
internal static class ConvertFunctions
{
    /// <summary>Cuts bits to an integer type and extends them to 64 bits.</summary>
    public static ulong Extend(ulong bits, ScalarType type) =>
        type.IsSigned ? (ulong)IntegerFunctions.Sign(bits, type.Bits) : IntegerFunctions.Truncate(bits, type.Bits);

    /// <summary>Between integers.</summary>
    public static LaneFunction IntegerToInteger(ScalarType to, ScalarType from, bool saturate)
    {
        if (!saturate) return (bits, _, _) => Extend(Extend(bits, from), to);
        return (to.IsSigned, from.IsSigned) switch
        {
            (true, true) => (bits, _, _) => (ulong)IntegerConversion.SaturateSigned((long)Extend(bits, from), to.Bits),
            (true, false) => (bits, _, _) => (ulong)IntegerConversion.SaturateSigned(Extend(bits, from), to.Bits),
            (false, true) => (bits, _, _) => IntegerConversion.SaturateUnsigned((long)Extend(bits, from), to.Bits),
            (false, false) => (bits, _, _) => IntegerConversion.SaturateUnsigned(Extend(bits, from), to.Bits),
        };
    }

    /// <summary>From a float to an integer; it clamps with and without <c>.sat</c>.</summary>
    public static LaneFunction FloatToInteger(ScalarType to, ScalarType from, Rounding rounding, bool flush)
    {
        Func<ulong, double> read = Reader(from, flush);
        bool fromDouble = from.Bits == 64;
        return to.IsSigned
            ? (bits, _, _) => (ulong)IntegerConversion.ToSigned(read(bits), to.Bits, rounding, fromDouble)
            : (bits, _, _) => IntegerConversion.ToUnsigned(read(bits), to.Bits, rounding, fromDouble);
    }

    /// <summary>From an integer to a float.</summary>
    public static LaneFunction IntegerToFloat(ScalarType to, ScalarType from, Rounding rounding, bool saturate)
    {
        Func<ulong, ulong> write = from.IsSigned ? SignedWriter(to, rounding) : UnsignedWriter(to, rounding);
        if (!saturate) return (bits, _, _) => write(Extend(bits, from));
        return from.IsSigned
            ? (bits, _, _) => write((ulong)Math.Clamp((long)Extend(bits, from), 0, 1))
            : (bits, _, _) => write(Math.Min(Extend(bits, from), 1));
    }

    /// <summary>Between floats: through f64, which holds every operand exactly, and rounded once.</summary>
    public static LaneFunction FloatToFloat(ScalarType to, ScalarType from, in FloatModifiers modifiers)
    {
        Func<ulong, double> read = Reader(from, modifiers.Flush);
        Func<double, ulong> write = Writer(to, modifiers);
        if (!modifiers.Integral) return (bits, _, _) => write(read(bits));
        Rounding rounding = modifiers.RoundingOrNearest;
        return (bits, _, _) => write(Ieee64.RoundToIntegral(read(bits), rounding));
    }

    /// <summary>Bits of a float to its exact value.</summary>
    /// <param name="type">f64, f32, f16 or bf16.</param>
    /// <param name="flush">Denormal f32 operands are zeros.</param>
    public static Func<ulong, double> Reader(ScalarType type, bool flush) => (type.Kind, type.Bits) switch
    {
        ("f", 64) => BitConverter.UInt64BitsToDouble,
        ("f", 32) when flush => bits => Ieee32.FlushDenormal(BitConverter.UInt32BitsToSingle((uint)bits)),
        ("f", 32) => bits => BitConverter.UInt32BitsToSingle((uint)bits),
        ("bf", 16) => bits => BFloat16.ToDouble((ushort)bits),
        _ => bits => Float16.ToDouble((ushort)bits),
    };

    /// <summary>A value to the bits of a float, rounded once, with <c>.sat</c>, <c>.relu</c>, <c>.satfinite</c> and <c>.ftz</c>.</summary>
    /// <param name="type">f64, f32, tf32, f16 or bf16.</param>
    /// <param name="modifiers">Those of the instruction.</param>
    public static Func<double, ulong> Writer(ScalarType type, in FloatModifiers modifiers)
    {
        Rounding rounding = modifiers.Integral ? Rounding.NearestEven : modifiers.RoundingOrNearest;
        bool finite = modifiers.Finite;
        Func<double, ulong> write = (type.Kind, type.Bits) switch
        {
            ("f", 64) => BitConverter.DoubleToUInt64Bits,
            ("f", 32) when modifiers.Flush => value => Bits(Ieee32.FlushDenormal(Ieee32.FromDouble(value, rounding))),
            ("f", 32) => value => Bits(Ieee32.FromDouble(value, rounding)),
            ("tf", 32) => value => TensorFloat32.FromSingle((float)value, rounding, finite),
            ("bf", 16) => value => Rounder.Round<Brain16>(value, rounding, finite),
            _ => value => Rounder.Round<Binary16>(value, rounding, finite),
        };
        // Both clamps lie on numbers that every format has, so they may come before the rounding.
        if (modifiers.Saturate) return value => write(Ieee64.Saturate(value));
        return modifiers.Relu ? value => write(value <= 0 ? 0.0 : value) : write;
    }

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static Func<ulong, ulong> SignedWriter(ScalarType type, Rounding rounding) => (type.Kind, type.Bits) switch
    {
        ("f", 64) => value => BitConverter.DoubleToUInt64Bits(IntegerConversion.ToDouble((long)value, rounding)),
        ("f", 32) => value => Bits(IntegerConversion.ToSingle((long)value, rounding)),
        ("bf", 16) => value => IntegerConversion.ToBFloat16((long)value, rounding),
        _ => value => IntegerConversion.ToFloat16((long)value, rounding),
    };

    private static Func<ulong, ulong> UnsignedWriter(ScalarType type, Rounding rounding) => (type.Kind, type.Bits) switch
    {
        ("f", 64) => value => BitConverter.DoubleToUInt64Bits(IntegerConversion.ToDouble(value, rounding)),
        ("f", 32) => value => Bits(IntegerConversion.ToSingle(value, rounding)),
        ("bf", 16) => value => IntegerConversion.ToBFloat16(value, rounding),
        _ => value => IntegerConversion.ToFloat16(value, rounding),
    };
}
