using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>f32 and f64 arithmetic: to nearest in vectors, other directions lane by lane.</summary>
internal static class FloatDecoder
{
    private const string Allowed = "rn rz rm rp ftz sat NaN xorsign abs approx full";

    /// <summary><c>add</c>, <c>sub</c>, <c>mul</c>, <c>div</c>, <c>min</c>, <c>max</c>.</summary>
    public static void Two(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (type.Count > 1 || i.Operands.Count > 3) throw f.Unsupported("packed and three-operand forms of f32 are not supported");
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Allowed);
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        bool usual = modifiers is { Saturate: false, PropagateNaN: false, XorSign: false, Approximate: false, Full: false }
            && modifiers.RoundingOrNearest == Rounding.NearestEven;
        if (usual) f.Emit(type.Width == 64 ? Usual64(i.Opcode, d, a, b) : Usual32(i.Opcode, modifiers.Flush, d, a, b));
        else f.Emit(Lanes(type, Function(f, i.Opcode, type, modifiers), new Row(d, type.Width == 64), [a, b]));
    }

    /// <summary><c>fma</c> and <c>mad</c>: rounded once.</summary>
    public static void Fma(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (type.Count > 1) throw f.Unsupported("packed f32 is not supported");
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Allowed);
        Rounding rounding = modifiers.RoundingOrNearest;
        int d = f.Destination(i.Operands[0], type);
        int[] sources = [f.Source(i.Operands[1], type), f.Source(i.Operands[2], type), f.Source(i.Operands[3], type)];
        if (rounding == Rounding.NearestEven && !modifiers.Saturate)
        {
            f.Emit(type.Width == 64 ? new Ternary<double, Fma64>(InstructionClass.Float64, d, sources[0], sources[1], sources[2])
                : modifiers.Flush ? new Ternary<float, Flushed3<Fma32>>(InstructionClass.Fma32, d, sources[0], sources[1], sources[2])
                : new Ternary<float, Fma32>(InstructionClass.Fma32, d, sources[0], sources[1], sources[2]));
            return;
        }
        LaneFunction function = type.Width == 64
            ? (x, y, z) => Bits(Ieee64.Fma(Double(x), Double(y), Double(z), rounding))
            : (x, y, z) => Finish(Ieee32.Fma(Operand(x, modifiers), Operand(y, modifiers), Operand(z, modifiers), rounding), modifiers);
        f.Emit(Lanes(type, function, new Row(d, type.Width == 64), sources));
    }

    /// <summary>The bits of an f64.</summary>
    public static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>An f64 from its bits.</summary>
    public static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    /// <summary>An f32 operand, a denormal flushed where the instruction says so.</summary>
    public static float Operand(ulong bits, in FloatModifiers modifiers)
    {
        float value = BitConverter.UInt32BitsToSingle((uint)bits);
        return modifiers.Flush ? Ieee32.FlushDenormal(value) : value;
    }

    /// <summary>An f32 result's bits, clamped and flushed where the instruction says so.</summary>
    public static ulong Finish(float value, in FloatModifiers modifiers)
    {
        if (modifiers.Flush) value = Ieee32.FlushDenormal(value);
        return BitConverter.SingleToUInt32Bits(modifiers.Saturate ? Ieee32.Saturate(value) : Ieee32.Canonical(value));
    }

    private static LaneInstruction Lanes(ScalarType type, LaneFunction function, Row d, int[] sources)
    {
        bool wide = type.Width == 64;
        Row c = sources.Length > 2 ? new Row(sources[2], wide) : Row.None;
        return new LaneInstruction(wide ? InstructionClass.Float64 : InstructionClass.Float32, function, d, new Row(sources[0], wide),
            new Row(sources[1], wide), c);
    }

    private static Instruction Usual32(string opcode, bool flush, int d, int a, int b) => opcode switch
    {
        "add" => Binary<Add<float>>(flush, d, a, b),
        "sub" => Binary<Subtract<float>>(flush, d, a, b),
        "mul" => Binary<Multiply<float>>(flush, d, a, b),
        "div" => Binary<Divide32>(flush, d, a, b),
        "min" => Binary<MinFloat32>(flush, d, a, b),
        _ => Binary<MaxFloat32>(flush, d, a, b),
    };

    private static Instruction Binary<TOp>(bool flush, int d, int a, int b)
        where TOp : struct, IBinary<float> => flush
            ? new Binary<float, Flushed2<TOp>>(InstructionClass.Float32, d, a, b)
            : new Binary<float, TOp>(InstructionClass.Float32, d, a, b);

    private static Instruction Usual64(string opcode, int d, int a, int b) => opcode switch
    {
        "add" => new Binary<double, Add<double>>(InstructionClass.Float64, d, a, b),
        "sub" => new Binary<double, Subtract<double>>(InstructionClass.Float64, d, a, b),
        "mul" => new Binary<double, Multiply<double>>(InstructionClass.Float64, d, a, b),
        "div" => new Binary<double, Divide64>(InstructionClass.Float64, d, a, b),
        "min" => new Binary<double, MinFloat64>(InstructionClass.Float64, d, a, b),
        _ => new Binary<double, MaxFloat64>(InstructionClass.Float64, d, a, b),
    };

    private static LaneFunction Function(FunctionDecoder f, string opcode, ScalarType type, FloatModifiers modifiers)
    {
        Rounding rounding = modifiers.RoundingOrNearest;
        if (type.Width == 64)
        {
            Func<double, double, double> wide = opcode switch
            {
                "add" => (x, y) => Ieee64.Add(x, y, rounding),
                "sub" => (x, y) => Ieee64.Sub(x, y, rounding),
                "mul" => (x, y) => Ieee64.Mul(x, y, rounding),
                "div" => (x, y) => Ieee64.Div(x, y, rounding),
                _ => throw f.Unsupported("this form of f64 is not supported"),
            };
            return (x, y, _) => Bits(wide(Double(x), Double(y)));
        }
        Func<float, float, float> function = opcode switch
        {
            "add" => (x, y) => Ieee32.Add(x, y, rounding),
            "sub" => (x, y) => Ieee32.Sub(x, y, rounding),
            "mul" => (x, y) => Ieee32.Mul(x, y, rounding),
            "div" when modifiers.Full => (x, y) => Approximate.DivFull(x, y),
            "div" when modifiers.Approximate => (x, y) => Approximate.DivApprox(x, y),
            "div" => (x, y) => Ieee32.Div(x, y, rounding),
            "min" => (x, y) => Ieee32.Min(x, y, modifiers.PropagateNaN, modifiers.XorSign),
            _ => (x, y) => Ieee32.Max(x, y, modifiers.PropagateNaN, modifiers.XorSign),
        };
        return (x, y, _) => Finish(function(Operand(x, modifiers), Operand(y, modifiers)), modifiers);
    }
}
