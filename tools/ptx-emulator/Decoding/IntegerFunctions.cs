using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Integer arithmetic beyond what vectors do: wide and high products, division, saturation, sums of absolute differences, dot
/// products.</summary>
internal static class IntegerFunctions
{
    /// <summary>Decodes one.</summary>
    public static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Opcode is "dp4a" or "dp2a")
        {
            Dot(f, i);
            return;
        }
        ScalarType type = i.LastType(f);
        if (type.Count > 1) Packed(f, i, type);
        else Emit(f, i, type, Function(f, i, type));
    }

    /// <summary><c>mul.wide</c> and <c>mad.wide</c>: the full product at twice the width.</summary>
    public static void MultiplyWide(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        ScalarType wide = new(type.Kind, type.Width * 2);
        int d = f.Destination(i.Operands[0], wide), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        int c = i.Opcode == "mad" ? f.Source(i.Operands[3], wide) : -1;
        if (type.Width == 32)
        {
            f.Emit(new WideProduct(d, a, b, c, type.IsSigned));
            return;
        }
        Row add = c < 0 ? Row.None : new Row(c, false);
        LaneFunction function = type.IsSigned ? (x, y, z) => (uint)((short)x * (short)y) + (uint)z : (x, y, z) => ((uint)x * (uint)y) + (uint)z;
        f.Emit(new LaneInstruction(InstructionClass.Integer, function, new Row(d, false), new Row(a, false), new Row(b, false), add));
    }

    /// <summary>The low or high half of a product.</summary>
    public static LaneFunction Product(ScalarType type, bool high)
    {
        int width = type.Width;
        if (!high) return (x, y, _) => Truncate(x * y, width);
        if (width == 64)
            return type.IsSigned ? (x, y, _) => (ulong)Math.BigMul((long)x, (long)y, out long _) : (x, y, _) => Math.BigMul(x, y, out ulong _);
        return type.IsSigned
            ? (x, y, _) => Truncate((ulong)((Sign(x, width) * Sign(y, width)) >> width), width)
            : (x, y, _) => (x * y) >> width;
    }

    /// <summary>A value's low bits, as a signed number.</summary>
    public static long Sign(ulong bits, int width) => (long)(bits << (64 - width)) >> (64 - width);

    /// <summary>A value's low bits.</summary>
    public static ulong Truncate(ulong bits, int width) => width == 64 ? bits : bits & ((1ul << width) - 1);

    private static void Emit(FunctionDecoder f, PtxInstruction i, ScalarType type, LaneFunction function)
    {
        Row b = i.Operands.Count > 2 ? f.SourceRow(i.Operands[2], type) : Row.None, c = i.Operands.Count > 3 ? f.SourceRow(i.Operands[3], type)
            : Row.None;
        f.Emit(new LaneInstruction(InstructionClass.Integer, function, f.DestinationRow(i.Operands[0], type), f.SourceRow(i.Operands[1], type), b,
            c));
    }

    private static LaneFunction Function(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        int w = type.Width;
        bool signed = type.IsSigned;
        switch (i.Opcode)
        {
            case "add" or "sub" when i.Has("sat"):
                bool adds = i.Opcode == "add";
                return (x, y, _) => (uint)(int)Math.Clamp(adds ? Sign(x, 32) + Sign(y, 32) : Sign(x, 32) - Sign(y, 32), int.MinValue, int.MaxValue);
            case "mul" when i.Has("hi"):
                return Product(type, true);
            case "mad" when i.Has("hi"):
                LaneFunction high = Product(type, true);
                if (!i.Has("sat")) return (x, y, z) => Truncate(high(x, y, 0) + z, w);
                return (x, y, z) => (uint)(int)Math.Clamp(Sign(high(x, y, 0), 32) + Sign(z, 32), int.MinValue, int.MaxValue);
            case "mad":
                return (x, y, z) => Truncate((x * y) + z, w);
            case "div":
                return signed ? (x, y, _) => Truncate(Quotient(Sign(x, w), Sign(y, w)), w) : (x, y, _) => y == 0 ? Truncate(ulong.MaxValue, w)
                    : x / y;
            case "rem":
                return signed ? (x, y, _) => Truncate(Remainder(Sign(x, w), Sign(y, w)), w) : (x, y, _) => y == 0 ? Truncate(ulong.MaxValue, w)
                    : x % y;
            case "sad":
                return signed
                    ? (x, y, z) => Truncate((ulong)Math.Abs(Sign(x, w) - Sign(y, w)) + z, w)
                    : (x, y, z) => Truncate((x > y ? x - y : y - x) + z, w);
            case "mul24" or "mad24":
                return Product24(i, signed);
            case "min" when i.Has("relu"):
                return (x, y, _) => (uint)Math.Max(Math.Min(Sign(x, w), Sign(y, w)), 0);
            case "max" when i.Has("relu"):
                return (x, y, _) => (uint)Math.Max(Math.Max(Sign(x, w), Sign(y, w)), 0);
            default:
                throw f.Unsupported("this form of integer arithmetic is not supported");
        }
    }

    private static LaneFunction Product24(PtxInstruction i, bool signed)
    {
        int shift = i.Has("hi") ? 16 : 0;
        return signed
            ? (x, y, z) => (uint)(((Sign(x, 24) * Sign(y, 24)) >> shift) + (long)z)
            : (x, y, z) => (uint)((((x & 0xffffff) * (y & 0xffffff)) >> shift) + z);
    }

    private static ulong Quotient(long x, long y) => y == 0 ? ulong.MaxValue : y == -1 ? 0 - (ulong)x : (ulong)(x / y);

    private static ulong Remainder(long x, long y) => y == 0 ? ulong.MaxValue : y == -1 ? 0 : (ulong)(x % y);

    private static void Packed(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        bool signed = type.IsSigned, relu = i.Has("relu");
        Func<long, long, long> half = i.Opcode switch
        {
            "add" => (x, y) => x + y,
            "min" => Math.Min,
            "max" => Math.Max,
            _ => throw f.Unsupported("this form of packed arithmetic is not supported"),
        };
        long One(ulong x, ulong y)
        {
            long value = signed ? half(Sign(x, 16), Sign(y, 16)) : half((long)(x & 0xffff), (long)(y & 0xffff));
            return relu ? Math.Max(value, 0) : value;
        }
        Emit(f, i, ScalarType.B32, (x, y, _) => ((ulong)One(x, y) & 0xffff) | ((ulong)One(x >> 16, y >> 16) & 0xffff) << 16);
    }

    private static void Dot(FunctionDecoder f, PtxInstruction i)
    {
        List<ScalarType> types = i.Types();
        if (types.Count != 2) throw f.Unsupported("two types are needed");
        bool signedA = types[0].IsSigned, signedB = types[1].IsSigned, pairs = i.Opcode == "dp2a";
        int high = i.Has("hi") ? 2 : 0;
        Emit(f, i, ScalarType.B32, (x, y, z) =>
        {
            long sum = (long)z;
            for (int n = 0; n < (pairs ? 2 : 4); n++)
            {
                ulong left = x >> (n * (pairs ? 16 : 8)), right = y >> ((n + (pairs ? high : 0)) * 8);
                long l = signedA ? Sign(left, pairs ? 16 : 8) : (long)(left & (pairs ? 0xfffful : 0xff));
                sum += l * (signedB ? Sign(right, 8) : (long)(right & 0xff));
            }
            return (uint)sum;
        });
    }
}
