using Ditto.Emulation.Instructions;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Arithmetic on f16 and bf16, single and packed: each result rounded once. Comparisons go to <see cref="HalfCompareDecoder"/>.</summary>
internal static class HalfDecoder
{
    /// <summary>Decodes an instruction whose last type is f16 or bf16, packed or not.</summary>
    public static void Decode(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (i.Opcode == "setp") HalfCompareDecoder.SetPredicate(f, i, type);
        else if (i.Opcode == "set") HalfCompareDecoder.Set(f, i);
        else if (i.Types() is [{ Kind: "f", Bits: 32 }, _]) Mixed(f, i, type);
        else if (i.Types().Count == 1) Arithmetic(f, i, type);
        else throw f.Unsupported("more than one type");
    }

    private static void Arithmetic(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        LaneFunction element = type.Kind == "f" ? Float16Function(f, i) : BFloat16Function(f, i);
        LaneFunction function = type.Count == 1
            ? (x, y, z) => element((ushort)x, (ushort)y, (ushort)z)
            : (x, y, z) => element((ushort)x, (ushort)y, (ushort)z) |
                (element((ushort)(x >> 16), (ushort)(y >> 16), (ushort)(z >> 16)) << 16);
        int sources = i.Opcode switch { "neg" or "abs" => 1, "fma" => 3, _ => 2 };
        if (i.Operands.Count != sources + 1)
            throw f.Unsupported(FormattableString.Invariant($"{i.Operands.Count} operands; {sources + 1} are needed"));
        Row Source(int n) => n <= sources ? f.SourceRow(i.Operands[n], type) : Row.None;
        Row d = f.DestinationRow(i.Operands[0], type);
        f.Emit(new LaneInstruction(InstructionClass.Half, function, d, Source(1), Source(2), Source(3)));
    }

    private static LaneFunction Float16Function(FunctionDecoder f, PtxInstruction i)
    {
        FloatModifiers m = Modifiers(f, i, isBrain: false);
        bool ftz = m.Flush, sat = m.Saturate, relu = m.Relu, nan = m.PropagateNaN, xor = m.XorSign;
        return i.Opcode switch
        {
            "add" => (x, y, _) => Float16.Add((ushort)x, (ushort)y, ftz, sat),
            "sub" => (x, y, _) => Float16.Sub((ushort)x, (ushort)y, ftz, sat),
            "mul" => (x, y, _) => Float16.Mul((ushort)x, (ushort)y, ftz, sat),
            "fma" => (x, y, z) => Float16.Fma((ushort)x, (ushort)y, (ushort)z, ftz, sat, relu),
            "min" => (x, y, _) => Float16.Min((ushort)x, (ushort)y, nan, xor, ftz),
            "max" => (x, y, _) => Float16.Max((ushort)x, (ushort)y, nan, xor, ftz),
            "neg" when ftz => (x, _, _) => Float16.FlushDenormal((ushort)x) ^ 0x8000u,
            "neg" => (x, _, _) => x ^ 0x8000,
            "abs" when ftz => (x, _, _) => Float16.FlushDenormal((ushort)x) & 0x7fffu,
            "abs" => (x, _, _) => x & 0x7fff,
            _ => throw f.Unsupported("no such operation on f16"),
        };
    }

    private static LaneFunction BFloat16Function(FunctionDecoder f, PtxInstruction i)
    {
        FloatModifiers m = Modifiers(f, i, isBrain: true);
        bool relu = m.Relu, nan = m.PropagateNaN, xor = m.XorSign;
        return i.Opcode switch
        {
            "add" => (x, y, _) => BFloat16.Add((ushort)x, (ushort)y),
            "sub" => (x, y, _) => BFloat16.Sub((ushort)x, (ushort)y),
            "mul" => (x, y, _) => BFloat16.Mul((ushort)x, (ushort)y),
            "fma" => (x, y, z) => BFloat16.Fma((ushort)x, (ushort)y, (ushort)z, relu),
            "min" => (x, y, _) => BFloat16.Min((ushort)x, (ushort)y, nan, xor),
            "max" => (x, y, _) => BFloat16.Max((ushort)x, (ushort)y, nan, xor),
            "neg" => (x, _, _) => x ^ 0x8000,
            "abs" => (x, _, _) => x & 0x7fff,
            _ => throw f.Unsupported("no such operation on bf16"),
        };
    }

    private static FloatModifiers Modifiers(FunctionDecoder f, PtxInstruction i, bool isBrain)
    {
        string allowed = i.Opcode switch
        {
            "add" or "sub" or "mul" => isBrain ? "rn" : "rn ftz sat",
            "fma" => isBrain ? "rn relu" : "rn ftz sat relu",
            "min" or "max" => isBrain ? "NaN xorsign abs" : "ftz NaN xorsign abs",
            _ => isBrain ? "" : "ftz",
        };
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, allowed);
        if (i.Opcode == "fma") modifiers.Required(f);
        if (modifiers.Relu && modifiers.Saturate) throw f.Unsupported(".relu and .sat exclude each other");
        return modifiers.XorSign == modifiers.Absolute ? modifiers : throw f.Unsupported(".xorsign and .abs go together");
    }

    // add.f32.bf16 d, a, c and fma.rn.f32.f16 d, a, b, c: the factors, or the first term, have 16 bits and widen exactly.
    private static void Mixed(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (type.Count != 1) throw f.Unsupported("packed types do not mix with f32");
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, FloatModifiers.Directions + " sat");
        Rounding rounding = i.Opcode == "fma" ? modifiers.Required(f) : modifiers.RoundingOrNearest;
        bool saturate = modifiers.Saturate;
        Func<ulong, double> read = ConvertFunctions.Reader(type, flush: false);
        ulong Finish(float value) => BitConverter.SingleToUInt32Bits(saturate ? Ieee32.Saturate(value) : value);
        float Wide(ulong bits) => (float)read(bits);
        float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);
        LaneFunction function = i.Opcode switch
        {
            "add" => (x, y, _) => Finish(Ieee32.Add(Wide(x), Single(y), rounding)),
            "sub" => (x, y, _) => Finish(Ieee32.Sub(Wide(x), Single(y), rounding)),
            "fma" => (x, y, z) => Finish(Ieee32.Fma(Wide(x), Wide(y), Single(z), rounding)),
            _ => throw f.Unsupported($"no such operation on f32 and {type}"),
        };
        Row a = f.SourceRow(i.Operands[1], type), b = f.SourceRow(i.Operands[2], i.Opcode == "fma" ? type : ScalarType.F32);
        Row c = i.Opcode == "fma" ? f.SourceRow(i.Operands[3], ScalarType.F32) : Row.None;
        f.Emit(new LaneInstruction(InstructionClass.Float32, function, f.DestinationRow(i.Operands[0], ScalarType.F32), a, b, c));
    }
}
