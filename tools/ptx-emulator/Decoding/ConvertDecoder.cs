using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>cvt</c> between scalars; packed forms are handed to <see cref="PackedConvertDecoder"/>.</summary>
internal static class ConvertDecoder
{
    private const string Modifiers = "rn rz rm rp rna rni rzi rmi rpi ftz sat relu satfinite";

    /// <summary>Adds the opcode.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all) => all["cvt"] = Decode;

    /// <summary>Where a conversion writes: its register may be wider than its type.</summary>
    /// <returns>The row, and the bits of it that may be set.</returns>
    public static (Row Row, ulong Mask) Destination(FunctionDecoder f, PtxOperand operand, ScalarType type)
    {
        RegisterSymbol register = f.Register(operand);
        if (register.Bits < Math.Max(type.Width, 16) || register.Bits > 64)
            throw f.Unsupported(FormattableString.Invariant($"a {type} result into a register of {register.Bits} bits"));
        return (register.Row, register.Bits == 16 ? 0xffff : ulong.MaxValue);
    }

    private static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Has("pack"))
        {
            PackedConvertDecoder.Pack(f, i);
            return;
        }
        List<ScalarType> types = i.Types();
        if (types.Count != 2) throw f.Unsupported("the emulator does not know both types, or there are not two");
        if (types[0].Count > 1 || types[1].Count > 1) PackedConvertDecoder.Decode(f, i, types[0], types[1]);
        else if (!Common(f, i, types[0], types[1])) Scalar(f, i, types[0], types[1]);
    }

    private static void Scalar(FunctionDecoder f, PtxInstruction i, ScalarType to, ScalarType from)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Modifiers);
        LaneFunction function = Function(f, to, from, modifiers);
        (Row d, ulong mask) = Destination(f, i.Operands[0], to);
        Row a = f.SourceRow(i.Operands[1], from);
        InstructionClass kind = to.IsInteger && from.IsInteger ? InstructionClass.Integer : InstructionClass.Conversion;
        LaneFunction masked = mask == ulong.MaxValue ? function : (x, y, z) => function(x, y, z) & mask;
        f.Emit(new LaneInstruction(kind, masked, d, a, Row.None, Row.None));
    }

    private static LaneFunction Function(FunctionDecoder f, ScalarType to, ScalarType from, FloatModifiers modifiers)
    {
        bool isFloat = IsFloat(to), fromFloat = IsFloat(from);
        if ((!isFloat && !IsConvertible(to)) || (!fromFloat && !IsConvertible(from)) || from.Kind == "tf")
            throw f.Unsupported($"no conversion from {from} to {to}");
        Rounding? rounding = modifiers.Rounding;
        if (modifiers is { Relu: true, Saturate: true } || ((modifiers.Relu || modifiers.Finite) && !(to.IsHalf || to.Kind == "tf")))
            throw f.Unsupported($"a clamp that conversions to {to} do not have");
        if (!isFloat && !fromFloat)
        {
            return rounding is null && !modifiers.Flush ? ConvertFunctions.IntegerToInteger(to, from, modifiers.Saturate)
                : throw f.Unsupported("conversions between integers do not round");
        }
        if (!isFloat)
        {
            return rounding is not null && modifiers.Integral ? ConvertFunctions.FloatToInteger(to, from, rounding.Value, modifiers.Flush)
                : throw f.Unsupported("a conversion to an integer needs .rni, .rzi, .rmi or .rpi");
        }
        if (!fromFloat)
        {
            return rounding is not null && !modifiers.Integral && rounding != Rounding.NearestAway
                ? ConvertFunctions.IntegerToFloat(to, from, rounding.Value, modifiers.Saturate)
                : throw f.Unsupported("a conversion from an integer needs .rn, .rz, .rm or .rp");
        }
        CheckRounding(f, to, from, modifiers);
        return ConvertFunctions.FloatToFloat(to, from, modifiers);
    }

    private static void CheckRounding(FunctionDecoder f, ScalarType to, ScalarType from, in FloatModifiers modifiers)
    {
        bool same = to == from, rounds = modifiers.Rounding is not null && !modifiers.Integral;
        bool narrows = to.Kind == "tf" || (!same && to.Bits <= from.Bits);
        if (to.Kind == "tf" && from != ScalarType.F32) throw f.Unsupported($"no conversion from {from} to {to}");
        if (modifiers.Integral && !same) throw f.Unsupported($"{modifiers.Rounding} to integral values between different types");
        if (narrows && !rounds) throw f.Unsupported($"a conversion from {from} to {to} needs a rounding direction, such as .rn");
        if (!narrows && rounds) throw f.Unsupported($"a conversion from {from} to {to} is exact and takes no rounding direction");
        if (modifiers.Rounding == Rounding.NearestAway && to.Kind != "tf") throw f.Unsupported(".rna rounds to tf32 only");
    }

    private static bool IsFloat(ScalarType type) => type.IsFloat || type.Kind is "bf" or "tf";

    private static bool IsConvertible(ScalarType type) => type.Kind is "u" or "s" && type.Bits is 8 or 16 or 32 or 64;

    // The forms that kernels are full of, in vectors. They need registers that are as wide as the types.
    private static bool Common(FunctionDecoder f, PtxInstruction i, ScalarType to, ScalarType from)
    {
        if (f.Register(i.Operands[0]) is not { } register || register.Bits == 64 != (to.Width == 64) || register.Bits < to.Width) return false;
        Func<int, int, Instruction>? make = Vector(i.FullName);
        if (make is null) return false;
        f.Emit(make(register.Offset, f.Source(i.Operands[1], from)));
        return true;
    }

    private static Func<int, int, Instruction>? Vector(string name) => name switch
    {
        "cvt.u64.u32" or "cvt.s64.u32" => (d, a) => new ZeroExtend32(d, a),
        "cvt.s64.s32" or "cvt.u64.s32" => (d, a) => new SignExtend32(d, a),
        "cvt.u32.u64" or "cvt.u32.s64" or "cvt.s32.u64" or "cvt.s32.s64" => (d, a) => new LowHalf(d, a),
        "cvt.u16.u32" or "cvt.u32.u16" or "cvt.s32.u16" => Integer<ZeroExtend16>,
        "cvt.s32.s16" or "cvt.u32.s16" => Integer<SignExtend16>,
        "cvt.s32.s8" or "cvt.u32.s8" => Integer<SignExtend8>,
        "cvt.u32.u8" or "cvt.s32.u8" or "cvt.u16.u8" => Integer<ZeroExtend8>,
        "cvt.rn.f32.s32" => Bits<SignedToFloat32>,
        "cvt.rn.f32.u32" => Bits<UnsignedToFloat32>,
        "cvt.f32.f16" => Bits<Float16ToFloat32>,
        "cvt.f32.bf16" => Bits<BFloat16ToFloat32>,
        "cvt.rn.f16.f32" => Bits<Float32ToFloat16>,
        "cvt.rn.bf16.f32" => Bits<Float32ToBFloat16>,
        "cvt.rzi.s32.f32" => Bits<Float32ToSigned>,
        "cvt.rzi.ftz.s32.f32" => Bits<FlushedOperand<Float32ToSigned>>,
        "cvt.rzi.u32.f32" => Bits<Float32ToUnsigned>,
        "cvt.rzi.ftz.u32.f32" => Bits<FlushedOperand<Float32ToUnsigned>>,
        "cvt.rni.f32.f32" => Floats<Then1<RoundNearest32, CanonicalNaN>>,
        "cvt.rzi.f32.f32" => Floats<Then1<RoundZero32, CanonicalNaN>>,
        "cvt.rmi.f32.f32" => Floats<Then1<RoundDown32, CanonicalNaN>>,
        "cvt.rpi.f32.f32" => Floats<Then1<RoundUp32, CanonicalNaN>>,
        "cvt.rmi.ftz.f32.f32" => Floats<Flushed1<Then1<RoundDown32, CanonicalNaN>>>,
        "cvt.sat.f32.f32" => Floats<SaturateFloat32>,
        _ => null,
    };

    private static Unary<uint, TOp> Integer<TOp>(int d, int a)
        where TOp : struct, IUnary<uint> => new Unary<uint, TOp>(InstructionClass.Integer, d, a);

    private static Unary<uint, TOp> Bits<TOp>(int d, int a)
        where TOp : struct, IUnary<uint> => new Unary<uint, TOp>(InstructionClass.Conversion, d, a);

    private static Unary<float, TOp> Floats<TOp>(int d, int a)
        where TOp : struct, IUnary<float> => new Unary<float, TOp>(InstructionClass.Conversion, d, a);
}
