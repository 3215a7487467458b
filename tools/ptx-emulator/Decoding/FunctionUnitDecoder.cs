using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Reciprocals, roots, exponentials, sines; <c>testp</c> and <c>copysign</c>.</summary>
internal static class FunctionUnitDecoder
{
    private const string Allowed = "rn rz rm rp ftz approx";

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        foreach (string opcode in new[] { "rcp", "sqrt", "rsqrt", "sin", "cos", "ex2", "lg2", "tanh" }) all[opcode] = Decode;
        all["copysign"] = CopySign;
        all["testp"] = Test;
    }

    private static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Allowed);
        if (!Exists(i.Opcode, type, modifiers)) throw f.Unsupported("no such form of this function");
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type);
        if (type == ScalarType.F32 && Common(i.Opcode, modifiers, d, a) is Instruction common) f.Emit(common);
        else f.Emit(new LaneInstruction(InstructionClass.Special, Function(f, i.Opcode, type, modifiers), new Row(d, type.Width == 64), new Row(a,
            type.Width == 64), Row.None, Row.None));
    }

    private static bool Exists(string opcode, ScalarType type, in FloatModifiers modifiers)
    {
        bool rounds = modifiers.Rounding is not null, approximate = modifiers.Approximate, flush = modifiers.Flush;
        if (rounds == approximate) return false;
        return (type.Kind, type.Bits, opcode) switch
        {
            ("f", 32, "rcp" or "sqrt") => type.Count == 1,
            ("f", 32, "rsqrt" or "sin" or "cos" or "ex2" or "lg2") => type.Count == 1 && approximate,
            ("f", 32, "tanh") => type.Count == 1 && approximate && !flush,
            ("f", 64, "rcp") => flush == approximate,
            ("f", 64, "sqrt") => rounds && !flush,
            ("f", 64, "rsqrt") => approximate,
            ("f", 16, "ex2") => approximate,
            ("bf", 16, "ex2") => approximate && flush,
            ("f" or "bf", 16, "tanh") => approximate && !flush,
            _ => false,
        };
    }

    private static Instruction? Common(string opcode, in FloatModifiers modifiers, int d, int a) =>
        modifiers.RoundingOrNearest != Rounding.NearestEven ? null : (opcode, modifiers.Flush) switch
        {
            ("ex2", false) => Special<Exponential>(d, a),
            ("ex2", true) => Special<FlushedExponential>(d, a),
            ("rcp", false) => Special<Then1<Reciprocal<float>, CanonicalNaN>>(d, a),
            ("rcp", true) => Special<Flushed1<Then1<Reciprocal<float>, CanonicalNaN>>>(d, a),
            ("sqrt", false) => Special<Then1<SquareRoot<float>, CanonicalNaN>>(d, a),
            ("sqrt", true) => Special<Flushed1<Then1<SquareRoot<float>, CanonicalNaN>>>(d, a),
            ("rsqrt", false) => Special<ReciprocalRoot>(d, a),
            ("rsqrt", true) => Special<Flushed1<ReciprocalRoot>>(d, a),
            _ => null,
        };

    private static Unary<float, TOp> Special<TOp>(int d, int a)
        where TOp : struct, IUnary<float> => new Unary<float, TOp>(InstructionClass.Special, d, a);

    private static LaneFunction Function(FunctionDecoder f, string opcode, ScalarType type, FloatModifiers modifiers)
    {
        bool flush = modifiers.Flush;
        Rounding rounding = modifiers.RoundingOrNearest;
        switch ((type.Kind, type.Bits))
        {
            case ("f", 64):
                Func<double, double> wide = (opcode, modifiers.Approximate) switch
                {
                    ("rcp", true) => Approximate.RcpUpper,
                    ("rcp", false) => x => Ieee64.Rcp(x, rounding),
                    ("sqrt", false) => x => Ieee64.Sqrt(x, rounding),
                    ("rsqrt", true) => flush ? Approximate.RsqrtUpper : Approximate.Rsqrt,
                    _ => throw f.Unsupported("this function of f64 is not supported"),
                };
                return (x, _, _) => FloatDecoder.Bits(wide(FloatDecoder.Double(x)));
            case ("f", 32):
                Func<float, float> single = opcode switch
                {
                    "rcp" => x => Ieee32.Rcp(x, rounding),
                    "sqrt" => x => Ieee32.Sqrt(x, rounding),
                    "sin" => x => Approximate.Sin(x, flush),
                    "cos" => x => Approximate.Cos(x, flush),
                    "lg2" => x => Approximate.Lg2(x, flush),
                    "tanh" => Approximate.Tanh,
                    _ => throw f.Unsupported("this function of f32 is not supported"),
                };
                return (x, _, _) => FloatDecoder.Finish(single(FloatDecoder.Operand(x, modifiers)), modifiers);
            default:
                if (!type.IsHalf) throw f.Unsupported($"no such function of {type}");
                Func<ushort, ushort> half = (opcode, type.Kind) switch
                {
                    ("ex2", "f") => x => Approximate.Ex2Half(x, flush),
                    ("ex2", _) => Approximate.Ex2BFloat16,
                    ("tanh", "f") => Approximate.TanhHalf,
                    ("tanh", _) => Approximate.TanhBFloat16,
                    _ => throw f.Unsupported($"no such function of {type}"),
                };
                return type.Count == 1 ? (x, _, _) => half((ushort)x) : (x, _, _) => half((ushort)x) | ((ulong)half((ushort)(x >> 16)) << 16);
        }
    }

    private static void CopySign(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        FloatModifiers.Parse(f, i, "");
        if (!type.IsFloat || type.Count > 1 || type.Bits == 16) throw f.Unsupported($"no sign of {type} is copied");
        ulong sign = 1ul << (type.Width - 1);
        f.Emit(new LaneInstruction(InstructionClass.Float32, (a, b, _) => (b & ~sign) | (a & sign), f.DestinationRow(i.Operands[0], type),
            f.SourceRow(i.Operands[1], type), f.SourceRow(i.Operands[2], type), Row.None));
    }

    private static void Test(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        FloatModifiers.Parse(f, i, "", first: 1);
        if (!type.IsFloat || type.Count > 1 || type.Bits == 16) throw f.Unsupported($"{type} is not tested");
        bool wide = type.Width == 64;
        Func<double, bool> test = i.Modifiers[0] switch
        {
            "finite" => double.IsFinite,
            "infinite" => double.IsInfinity,
            "number" => x => !double.IsNaN(x),
            "notanumber" => double.IsNaN,
            "normal" => x => wide ? double.IsNormal(x) : float.IsNormal((float)x),
            "subnormal" => x => wide ? double.IsSubnormal(x) : float.IsSubnormal((float)x),
            _ => throw f.Unsupported($"no test .{i.Modifiers[0]}"),
        };
        Row result = new(f.NewRow(false), false);
        f.Emit(new LaneInstruction(InstructionClass.Float32,
            (x, _, _) => test(wide ? FloatDecoder.Double(x) : BitConverter.UInt32BitsToSingle((uint)x)) ? 1ul : 0, result,
            f.SourceRow(i.Operands[1], type), Row.None, Row.None));
        f.Emit(new SetPredicate<uint, NotEqual<uint>>(f.PredicateDestination(i.Operands[0]), -1, result.Offset, f.Constant(0, false),
            PredicateCombination.None));
    }
}
