using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>cvt</c> to and from packed floats (of two sources the first goes to the high part), and <c>cvt.pack.sat</c>.</summary>
internal static class PackedConvertDecoder
{
    private const string Modifiers = "rn rz ftz relu satfinite";

    /// <summary>Decodes a conversion with packed types.</summary>
    public static void Decode(FunctionDecoder f, PtxInstruction i, ScalarType to, ScalarType from)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Modifiers);
        if (to.Count != 2) throw f.Unsupported($"no conversion from {from} to {to}");
        (Row d, ulong mask) = ConvertDecoder.Destination(f, i.Operands[0], to);
        if (from == ScalarType.F32)
        {
            Row a = f.SourceRow(i.Operands[1], from), b = f.SourceRow(i.Operands[2], from);
            if (Common(f, i.FullName, d, a, b)) return;
            f.Emit(Lane(FromSingles(f, to, modifiers), d, mask, a, b));
        }
        else
        {
            Row a = f.SourceRow(i.Operands[1], from);
            f.Emit(Lane(FromPacked(f, to, from, modifiers), d, mask, a, Row.None));
        }
    }

    /// <summary><c>cvt.pack.sat.type.s32 d, a, b</c> of 16 bits, or <c>.b32 d, a, b, c</c> of fewer: c moves up and makes room for both.</summary>
    public static void Pack(FunctionDecoder f, PtxInstruction i)
    {
        IReadOnlyList<string> parts = i.Modifiers;
        bool joins = parts.Count == 5 && parts[4] == "b32";
        if (parts.Count < 4 || parts[1] != "sat" || parts[3] != "s32" || (parts.Count == 5 && !joins)) throw f.Unsupported("no form of cvt.pack.sat");
        int bits = parts[2] switch
        {
            "u16" or "s16" when !joins => 16,
            "u8" or "s8" when joins => 8,
            "u4" or "s4" when joins => 4,
            "u2" or "s2" when joins => 2,
            _ => throw f.Unsupported($"cvt.pack.sat to {parts[2]}"),
        };
        bool signed = parts[2][0] == 's';
        ulong field = (1ul << bits) - 1;
        ulong Clamp(ulong value) => field & (signed
            ? (ulong)IntegerConversion.SaturateSigned((long)(int)value, bits)
            : IntegerConversion.SaturateUnsigned((long)(int)value, bits));
        Row d = f.DestinationRow(i.Operands[0], ScalarType.B32);
        Row a = f.SourceRow(i.Operands[1], ScalarType.B32), b = f.SourceRow(i.Operands[2], ScalarType.B32);
        Row c = joins ? f.SourceRow(i.Operands[3], ScalarType.B32) : Row.None;
        f.Emit(new LaneInstruction(InstructionClass.Integer, (x, y, z) => (z << (2 * bits)) | (Clamp(x) << bits) | Clamp(y), d, a, b, c));
    }

    private static bool Common(FunctionDecoder f, string name, Row d, Row a, Row b)
    {
        if (d.IsWide) return false;
        if (name == "cvt.rn.f16x2.f32") f.Emit(new Binary<uint, Float32ToFloat16x2>(InstructionClass.Conversion, d.Offset, a.Offset, b.Offset));
        else if (name == "cvt.rn.bf16x2.f32") f.Emit(new Binary<uint, Float32ToBFloat16x2>(InstructionClass.Conversion, d.Offset, a.Offset,
            b.Offset));
        else return false;
        return true;
    }

    private static LaneInstruction Lane(LaneFunction function, Row d, ulong mask, Row a, Row b) =>
        new(InstructionClass.Conversion, (x, y, z) => function(x, y, z) & mask, d, a, b, Row.None);

    private static LaneFunction FromSingles(FunctionDecoder f, ScalarType to, in FloatModifiers modifiers)
    {
        Rounding rounding = modifiers.Required(f);
        if (to.IsHalf)
        {
            Func<ulong, double> read = ConvertFunctions.Reader(ScalarType.F32, modifiers.Flush);
            Func<double, ulong> write = ConvertFunctions.Writer(to with { Count = 1 }, modifiers);
            return (x, y, _) => (write(read(x)) << 16) | write(read(y));
        }
        CheckByteForm(f, to, modifiers, rounding);
        bool relu = modifiers.Relu, flush = modifiers.Flush;
        float Value(ulong bits)
        {
            float value = BitConverter.UInt32BitsToSingle((uint)bits);
            return flush ? Ieee32.FlushDenormal(value) : value;
        }
        return to.Kind == "e4m3"
            ? (x, y, _) => ((ulong)Float8.E4M3FromSingle(Value(x), relu) << 8) | Float8.E4M3FromSingle(Value(y), relu)
            : (x, y, _) => ((ulong)Float8.E5M2FromSingle(Value(x), relu) << 8) | Float8.E5M2FromSingle(Value(y), relu);
    }

    private static LaneFunction FromPacked(FunctionDecoder f, ScalarType to, ScalarType from, in FloatModifiers modifiers)
    {
        Rounding rounding = modifiers.Required(f);
        bool relu = modifiers.Relu;
        ScalarType halves = new("f", 16, 2);
        if (from == halves && to.Bits == 8)
        {
            CheckByteForm(f, to, modifiers, rounding);
            return to.Kind == "e4m3"
                ? (x, _, _) => ((ulong)Float8.E4M3FromHalf((ushort)(x >> 16), relu) << 8) | Float8.E4M3FromHalf((ushort)x, relu)
                : (x, _, _) => ((ulong)Float8.E5M2FromHalf((ushort)(x >> 16), relu) << 8) | Float8.E5M2FromHalf((ushort)x, relu);
        }
        if (to != halves || from.Count != 2 || from.Kind is not ("e4m3" or "e5m2") || rounding != Rounding.NearestEven || modifiers.Finite)
            throw f.Unsupported($"no such conversion from {from} to {to}");
        ushort Half(byte value)
        {
            ushort half = from.Kind == "e4m3" ? Float8.E4M3ToHalf(value) : Float8.E5M2ToHalf(value);
            return relu ? Float16.Relu(half) : half;
        }
        return (x, _, _) => ((ulong)Half((byte)(x >> 8)) << 16) | Half((byte)x);
    }

    private static void CheckByteForm(FunctionDecoder f, ScalarType to, in FloatModifiers modifiers, Rounding rounding)
    {
        if (to.Kind is not ("e4m3" or "e5m2")) throw f.Unsupported($"no conversion to {to}");
        if (!modifiers.Finite || rounding != Rounding.NearestEven) throw f.Unsupported($"a conversion to {to} needs .rn.satfinite");
    }
}
