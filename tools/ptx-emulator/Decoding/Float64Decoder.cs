using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>f64 arithmetic: to nearest in vectors, in other directions lane by lane.</summary>
internal static class Float64Decoder
{
    /// <summary><c>add sub mul div min max</c>.</summary>
    public static void Two(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, i.Opcode is "min" or "max" ? "" : FloatModifiers.Directions);
        Rounding rounding = i.Opcode == "div" ? modifiers.Required(f) : modifiers.RoundingOrNearest;
        if (i.Operands.Count != 3) throw f.Unsupported(FormattableString.Invariant($"{i.Operands.Count} operands; 3 are needed"));
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        f.Emit((i.Opcode, rounding) switch
        {
            ("add", Rounding.NearestEven) => Vector<Add<double>>(d, a, b),
            ("sub", Rounding.NearestEven) => Vector<Subtract<double>>(d, a, b),
            ("mul", Rounding.NearestEven) => Vector<Multiply<double>>(d, a, b),
            ("div", Rounding.NearestEven) => Vector<Divide<double>>(d, a, b),
            ("min", _) => Vector<MinFloat<double>>(d, a, b),
            ("max", _) => Vector<MaxFloat<double>>(d, a, b),
            ("add", _) => Lane((x, y, _) => Ieee64.Add(x, y, rounding), d, a, b, -1),
            ("sub", _) => Lane((x, y, _) => Ieee64.Sub(x, y, rounding), d, a, b, -1),
            ("mul", _) => Lane((x, y, _) => Ieee64.Mul(x, y, rounding), d, a, b, -1),
            ("div", _) => Lane((x, y, _) => Ieee64.Div(x, y, rounding), d, a, b, -1),
            _ => throw f.Unsupported("no such operation on f64"),
        });
    }

    /// <summary><c>fma</c>.</summary>
    public static void Fma(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        Rounding rounding = FloatModifiers.Parse(f, i, FloatModifiers.Directions).Required(f);
        int d = f.Destination(i.Operands[0], type);
        int a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type), c = f.Source(i.Operands[3], type);
        f.Emit(rounding == Rounding.NearestEven
            ? new Ternary<double, Fma64>(InstructionClass.Float64, d, a, b, c)
            : Lane((x, y, z) => Ieee64.Fma(x, y, z, rounding), d, a, b, c));
    }

    private static Binary<double, TOp> Vector<TOp>(int d, int a, int b)
        where TOp : struct, IBinary<double> => new(InstructionClass.Float64, d, a, b);

    private static LaneInstruction Lane(Func<double, double, double, double> function, int d, int a, int b, int c) =>
        new(InstructionClass.Float64,
            (x, y, z) => FloatDecoder.Bits(function(FloatDecoder.Double(x), FloatDecoder.Double(y), FloatDecoder.Double(z))),
            new Row(d, true), new Row(a, true), new Row(b, true), new Row(c, true));
}
