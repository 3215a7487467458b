using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>setp</c> and <c>set</c> where an operand or the result is f16 or bf16.</summary>
internal static class HalfCompareDecoder
{
    /// <summary><c>setp.lt.f16 p|q, a, b</c>: q is the opposite of p. <c>setp.lt.f16x2 p|q, a, b</c>: p is of the low halves, q of the high
    /// ones.</summary>
    public static void SetPredicate(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        (int p, int q) = CompareDecoder.Destinations(f, i.Operands[0]);
        Compare(f, i, type, p, q);
    }

    /// <summary><c>set.lt.f16.f16</c>, <c>set.lt.u32.f16x2</c> and the like: each element gives 1.0 or 0.0, or all ones or zeros.</summary>
    public static void Set(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Types() is not [ScalarType to, ScalarType from]) throw f.Unsupported("two types are needed");
        bool packed = from.Count == 2;
        if (!from.IsFloat && from.Kind != "bf") throw f.Unsupported($"comparison of {from} with a result of {to}");
        if (packed ? !from.IsHalf || !(to.Count == 2 && to.IsHalf || to is { Kind: "u" or "s", Width: 32 }) : to.Count != 1 || to.Bits > 32)
            throw f.Unsupported($"a result of {to} from {from}");
        int element = packed ? 16 : to.Bits;
        uint yes = (to.Kind, to.Bits) switch
        {
            ("f", 32) => 0x3f80_0000,
            ("f", 16) => 0x3c00,
            ("bf", 16) => 0x3f80,
            ("u" or "s", _) => uint.MaxValue >> (32 - element),
            _ => throw f.Unsupported($"a result of {to}"),
        };
        int p = f.NewRow(false), q = packed ? f.NewRow(false) : -1, zero = f.Constant(0, false), d = f.Destination(i.Operands[0], to);
        Compare(f, i, from, p, q);
        if (!packed)
        {
            f.Emit(new Select<uint>(d, f.Constant(yes, false), zero, p, 0));
            return;
        }
        int low = f.NewRow(false), high = f.NewRow(false);
        f.Emit(new Select<uint>(low, f.Constant(yes, false), zero, p, 0));
        f.Emit(new Select<uint>(high, f.Constant(yes << 16, false), zero, q, 0));
        f.Emit(new Binary<uint, Or<uint>>(InstructionClass.Half, d, low, high));
    }

    private static void Compare(FunctionDecoder f, PtxInstruction i, ScalarType type, int p, int q)
    {
        string allowed = i.Operands.Count > 3 ? "ftz and or xor" : "ftz";
        bool flush = FloatModifiers.Parse(f, i, allowed, first: 1).Flush;
        if (!Enum.TryParse(i.Modifiers[0], ignoreCase: true, out FloatComparison comparison))
            throw f.Unsupported($"comparison .{i.Modifiers[0]} of {type}");
        Func<ulong, double> wide = ConvertFunctions.Reader(type, flush);
        Func<ulong, double> read = flush && type is { Kind: "f", Bits: 16 } ? bits => wide(Float16.FlushDenormal((ushort)bits)) : wide;
        int One(ulong a, ulong b) => FloatComparer.Compare(comparison, read(a), read(b)) ? 1 : 0;
        LanePredicates compare = type.Count == 2
            ? (a, b) => One((ushort)a, (ushort)b) | (One((ushort)(a >> 16), (ushort)(b >> 16)) << 1)
            : One;
        Row x = f.SourceRow(i.Operands[1], type), y = f.SourceRow(i.Operands[2], type);
        f.Emit(new LaneComparison(compare, type.Count == 2, p, q, x, y, CompareDecoder.Combination(f, i)));
    }
}
