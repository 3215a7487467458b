using Ditto.Emulation.Instructions;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>add sub mul fma .f32x2</c>: two f32 in a 64-bit register, the low word first.</summary>
internal static class PairDecoder
{
    /// <summary>Decodes an instruction on f32x2.</summary>
    public static void Decode(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, FloatModifiers.Directions + " ftz");
        bool isFma = i.Opcode == "fma";
        if (type.Bits != 32) throw f.Unsupported($"no such operation on {type}");
        Rounding rounding = isFma ? modifiers.Required(f) : modifiers.RoundingOrNearest;
        Func<float, float, float, float> one = i.Opcode switch
        {
            "add" => (x, y, _) => Ieee32.Add(x, y, rounding),
            "sub" => (x, y, _) => Ieee32.Sub(x, y, rounding),
            "mul" => (x, y, _) => Ieee32.Mul(x, y, rounding),
            "fma" => (x, y, z) => Ieee32.Fma(x, y, z, rounding),
            _ => throw f.Unsupported($"no such operation on {type}"),
        };
        ulong Half(ulong x, ulong y, ulong z) => FloatDecoder.Finish(
            one(FloatDecoder.Operand(x, modifiers), FloatDecoder.Operand(y, modifiers), FloatDecoder.Operand(z, modifiers)), modifiers);
        Row c = isFma ? f.SourceRow(i.Operands[3], type) : Row.None;
        f.Emit(new LaneInstruction(isFma ? InstructionClass.Fma32 : InstructionClass.Float32,
            (x, y, z) => Half(x, y, z) | (Half(x >> 32, y >> 32, z >> 32) << 32),
            f.DestinationRow(i.Operands[0], type), f.SourceRow(i.Operands[1], type), f.SourceRow(i.Operands[2], type), c));
    }
}
