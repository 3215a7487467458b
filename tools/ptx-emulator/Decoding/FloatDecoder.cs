using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>f32 arithmetic in vectors, whatever the direction; f64 and f32x2 go to <see cref="Float64Decoder"/> and
/// <see cref="PairDecoder"/>.</summary>
internal static class FloatDecoder
{
    /// <summary><c>add sub mul div min max</c>.</summary>
    public static void Two(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (type.Count == 2) PairDecoder.Decode(f, i, type);
        else if (type.Bits == 64) Float64Decoder.Two(f, i, type);
        else if (i.Opcode is "min" or "max") MinMax(f, i, type);
        else if (i.Operands.Count != 3) throw f.Unsupported(FormattableString.Invariant($"{i.Operands.Count} operands; 3 are needed"));
        else if (i.Opcode == "div") Divide(f, i, type);
        else Sum(f, i, type);
    }

    /// <summary><c>fma</c>, and <c>mad</c>, which is the same for floats.</summary>
    public static void Fma(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (type.Count == 2)
        {
            PairDecoder.Decode(f, i, type);
            return;
        }
        if (type.Bits == 64)
        {
            Float64Decoder.Fma(f, i, type);
            return;
        }
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, FloatModifiers.Directions + " ftz sat");
        int d = f.Destination(i.Operands[0], type);
        int a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type), c = f.Source(i.Operands[3], type);
        f.Emit(modifiers.Required(f) switch
        {
            Rounding.NearestEven => Ternary<Fma32>(modifiers, d, a, b, c),
            Rounding.Zero => Ternary<DirectedFma32<TowardZero>>(modifiers, d, a, b, c),
            Rounding.Down => Ternary<DirectedFma32<Downward>>(modifiers, d, a, b, c),
            _ => Ternary<DirectedFma32<Upward>>(modifiers, d, a, b, c),
        });
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

    private static void Sum(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, FloatModifiers.Directions + " ftz sat");
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        f.Emit((i.Opcode, modifiers.RoundingOrNearest) switch
        {
            ("add", Rounding.NearestEven) => Binary<Add<float>>(modifiers, d, a, b),
            ("sub", Rounding.NearestEven) => Binary<Subtract<float>>(modifiers, d, a, b),
            ("mul", Rounding.NearestEven) => Binary<Multiply<float>>(modifiers, d, a, b),
            ("add", Rounding.Zero) => Binary<DirectedAdd32<TowardZero>>(modifiers, d, a, b),
            ("add", Rounding.Down) => Binary<DirectedAdd32<Downward>>(modifiers, d, a, b),
            ("add", _) => Binary<DirectedAdd32<Upward>>(modifiers, d, a, b),
            ("sub", Rounding.Zero) => Binary<DirectedSubtract32<TowardZero>>(modifiers, d, a, b),
            ("sub", Rounding.Down) => Binary<DirectedSubtract32<Downward>>(modifiers, d, a, b),
            ("sub", _) => Binary<DirectedSubtract32<Upward>>(modifiers, d, a, b),
            ("mul", Rounding.Zero) => Binary<DirectedMultiply32<TowardZero>>(modifiers, d, a, b),
            ("mul", Rounding.Down) => Binary<DirectedMultiply32<Downward>>(modifiers, d, a, b),
            ("mul", _) => Binary<DirectedMultiply32<Upward>>(modifiers, d, a, b),
            _ => throw f.Unsupported("no such operation on f32"),
        });
    }

    private static void Divide(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, FloatModifiers.Directions + " approx full ftz");
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        if (modifiers.Approximate)
        {
            f.Emit(Binary<DivideApproximate32>(modifiers, d, a, b));
            return;
        }
        Rounding rounding = modifiers.Full ? Rounding.NearestEven : modifiers.Required(f);
        if (rounding == Rounding.NearestEven)
        {
            f.Emit(Binary<Divide<float>>(modifiers, d, a, b));
            return;
        }
        f.Emit(Lane(modifiers, (x, y) => Ieee32.Div(x, y, rounding), d, a, b));
    }

    private static void MinMax(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, "ftz NaN xorsign abs");
        if (modifiers.XorSign != modifiers.Absolute) throw f.Unsupported(".xorsign and .abs go together");
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        bool min = i.Opcode == "min", nan = modifiers.PropagateNaN, xor = modifiers.XorSign;
        if (i.Operands.Count == 4)
        {
            if (xor) throw f.Unsupported(".xorsign has no form with three operands");
            int first = f.NewRow(false);
            f.Emit(Extreme(modifiers, min, first, a, b));
            f.Emit(Extreme(modifiers, min, d, first, f.Source(i.Operands[3], type)));
        }
        else if (xor)
        {
            f.Emit(min
                ? Lane(modifiers, (x, y) => Ieee32.Min(x, y, nan, true), d, a, b)
                : Lane(modifiers, (x, y) => Ieee32.Max(x, y, nan, true), d, a, b));
        }
        else
        {
            f.Emit(Extreme(modifiers, min, d, a, b));
        }
    }

    private static Instruction Extreme(in FloatModifiers modifiers, bool min, int d, int a, int b) => (min, modifiers.PropagateNaN) switch
    {
        (true, false) => Binary<MinFloat<float>>(modifiers, d, a, b),
        (true, true) => Binary<NaNOr<MinFloat<float>>>(modifiers, d, a, b),
        (false, false) => Binary<MaxFloat<float>>(modifiers, d, a, b),
        (false, true) => Binary<NaNOr<MaxFloat<float>>>(modifiers, d, a, b),
    };

    private static Instruction Binary<TOp>(in FloatModifiers modifiers, int d, int a, int b)
        where TOp : struct, IBinary<float> => (modifiers.Flush, modifiers.Saturate) switch
        {
            (false, false) => new Binary<float, Then2<TOp, CanonicalNaN>>(InstructionClass.Float32, d, a, b),
            (true, false) => new Binary<float, Flushed2<Then2<TOp, CanonicalNaN>>>(InstructionClass.Float32, d, a, b),
            (false, true) => new Binary<float, Then2<TOp, SaturateFloat32>>(InstructionClass.Float32, d, a, b),
            (true, true) => new Binary<float, Flushed2<Then2<TOp, SaturateFloat32>>>(InstructionClass.Float32, d, a, b),
        };

    private static Instruction Ternary<TOp>(in FloatModifiers modifiers, int d, int a, int b, int c)
        where TOp : struct, ITernary<float> => (modifiers.Flush, modifiers.Saturate) switch
        {
            (false, false) => new Ternary<float, Then3<TOp, CanonicalNaN>>(InstructionClass.Fma32, d, a, b, c),
            (true, false) => new Ternary<float, Flushed3<Then3<TOp, CanonicalNaN>>>(InstructionClass.Fma32, d, a, b, c),
            (false, true) => new Ternary<float, Then3<TOp, SaturateFloat32>>(InstructionClass.Fma32, d, a, b, c),
            (true, true) => new Ternary<float, Flushed3<Then3<TOp, SaturateFloat32>>>(InstructionClass.Fma32, d, a, b, c),
        };

    private static LaneInstruction Lane(FloatModifiers modifiers, Func<float, float, float> function, int d, int a, int b) =>
        new(InstructionClass.Float32, (x, y, _) => Finish(function(Operand(x, modifiers), Operand(y, modifiers)), modifiers),
            new Row(d, false), new Row(a, false), new Row(b, false), Row.None);
}
