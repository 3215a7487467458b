using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Integer, f32 and f64 arithmetic; 16-bit floats are handed to <see cref="HalfDecoder"/>.</summary>
internal static class ArithmeticDecoder
{
    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        foreach (string opcode in new[] { "add", "sub", "mul", "min", "max", "div", "rem" }) all[opcode] = Two;
        foreach (string opcode in new[] { "neg", "abs" }) all[opcode] = One;
        foreach (string opcode in new[] { "mad", "fma" }) all[opcode] = Three;
        foreach (string opcode in new[] { "addc", "subc", "madc" }) all[opcode] = CarryDecoder.Decode;
        foreach (string opcode in new[] { "sad", "mul24", "mad24", "dp4a", "dp2a" }) all[opcode] = IntegerFunctions.Decode;
    }

    private static void One(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (type.IsHalf)
        {
            HalfDecoder.Decode(f, i, type);
            return;
        }
        bool negates = i.Opcode == "neg";
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type);
        if (i.Has("ftz")) a = Flush(f, a);
        const InstructionClass integer = InstructionClass.Integer, single = InstructionClass.Float32, wide = InstructionClass.Float64;
        f.Emit((type.Kind, type.Width, negates) switch
        {
            ("f", 32, true) => new Unary<float, NegateFloat<float>>(single, d, a),
            ("f", 32, false) => new Unary<float, AbsoluteFloat<float>>(single, d, a),
            ("f", 64, true) => new Unary<double, NegateFloat<double>>(wide, d, a),
            ("f", 64, false) => new Unary<double, AbsoluteFloat<double>>(wide, d, a),
            (_, 64, true) => new Unary<long, Negate<long>>(integer, d, a),
            (_, 64, false) => new Unary<long, AbsoluteInteger<long>>(integer, d, a),
            (_, 32, true) => new Unary<int, Negate<int>>(integer, d, a),
            (_, 32, false) => new Unary<int, AbsoluteInteger<int>>(integer, d, a),
            (_, _, true) => Short(d, a, (x, _, _) => (ushort)-(short)x),
            (_, _, false) => Short(d, a, (x, _, _) => (short)x < 0 ? (ushort)-(short)x : x),
        });
    }

    private static LaneInstruction Short(int d, int a, LaneFunction function) =>
        new(InstructionClass.Integer, function, new Row(d, false), new Row(a, false), Row.None, Row.None);

    private static void Two(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (i.Has("cc")) CarryDecoder.Decode(f, i);
        else if (type.IsHalf) HalfDecoder.Decode(f, i, type);
        else if (type.IsFloat) FloatDecoder.Two(f, i, type);
        else if (i.Has("wide")) IntegerFunctions.MultiplyWide(f, i, type);
        else if (i.Has("hi") || i.Has("sat") || i.Has("relu") || i.Opcode is "div" or "rem" || type.Count > 1) IntegerFunctions.Decode(f, i);
        else f.Emit(Integer(f, i, type));
    }

    private static void Three(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (i.Has("cc")) CarryDecoder.Decode(f, i);
        else if (type.IsHalf) HalfDecoder.Decode(f, i, type);
        else if (type.IsFloat) FloatDecoder.Fma(f, i, type);
        else if (i.Has("wide")) IntegerFunctions.MultiplyWide(f, i, type);
        else if (i.Has("hi") || type.Width == 16) IntegerFunctions.Decode(f, i);
        else MultiplyAdd(f, i, type);
    }

    /// <summary>Flushes denormal operands to zero.</summary>
    public static int Flush(FunctionDecoder f, int a)
    {
        int flushed = f.NewRow(false);
        f.Emit(new Unary<float, FlushDenormal>(InstructionClass.Move, flushed, a));
        return flushed;
    }

    private static void MultiplyAdd(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type),
            c = f.Source(i.Operands[3], type);
        f.Emit(type.Width == 64
            ? new Ternary<ulong, MultiplyAdd<ulong>>(InstructionClass.Integer, d, a, b, c)
            : new Ternary<uint, MultiplyAdd<uint>>(InstructionClass.Integer, d, a, b, c));
    }

    private static Instruction Integer(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        const InstructionClass kind = InstructionClass.Integer;
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        if (type.Width == 16)
        {
            bool signed = type.IsSigned;
            LaneFunction function = i.Opcode switch
            {
                "add" => (x, y, _) => (ushort)(x + y),
                "sub" => (x, y, _) => (ushort)(x - y),
                "mul" => (x, y, _) => (ushort)(x * y),
                "min" => signed ? (x, y, _) => (ushort)Math.Min((short)x, (short)y) : (x, y, _) => Math.Min(x, y),
                _ => signed ? (x, y, _) => (ushort)Math.Max((short)x, (short)y) : (x, y, _) => Math.Max(x, y),
            };
            return new LaneInstruction(kind, function, new Row(d, false), new Row(a, false), new Row(b, false), Row.None);
        }
        return (i.Opcode, type.Width, type.IsSigned) switch
        {
            ("add", 32, _) => new Binary<uint, Add<uint>>(kind, d, a, b),
            ("add", _, _) => new Binary<ulong, Add<ulong>>(kind, d, a, b),
            ("sub", 32, _) => new Binary<uint, Subtract<uint>>(kind, d, a, b),
            ("sub", _, _) => new Binary<ulong, Subtract<ulong>>(kind, d, a, b),
            ("mul", 32, _) => new Binary<uint, Multiply<uint>>(kind, d, a, b),
            ("mul", _, _) => new Binary<ulong, Multiply<ulong>>(kind, d, a, b),
            ("min", 32, true) => new Binary<int, MinInteger<int>>(kind, d, a, b),
            ("min", 32, false) => new Binary<uint, MinInteger<uint>>(kind, d, a, b),
            ("min", _, true) => new Binary<long, MinInteger<long>>(kind, d, a, b),
            ("min", _, false) => new Binary<ulong, MinInteger<ulong>>(kind, d, a, b),
            ("max", 32, true) => new Binary<int, MaxInteger<int>>(kind, d, a, b),
            ("max", 32, false) => new Binary<uint, MaxInteger<uint>>(kind, d, a, b),
            ("max", _, true) => new Binary<long, MaxInteger<long>>(kind, d, a, b),
            _ => new Binary<ulong, MaxInteger<ulong>>(kind, d, a, b),
        };
    }
}
