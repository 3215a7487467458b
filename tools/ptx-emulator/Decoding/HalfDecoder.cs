using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Arithmetic and comparisons of f16 and bf16, single or in pairs, each result rounded once.</summary>
internal static class HalfDecoder
{
    private const string Allowed = "rn ftz sat relu noftz NaN xorsign abs and or xor";

    /// <summary>One element's result.</summary>
    private delegate ushort HalfFunction(ushort a, ushort b, ushort c);

    /// <summary>Decodes <c>add sub mul fma mad neg abs min max setp set</c> on 16-bit floats.</summary>
    public static void Decode(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        if (i.Opcode == "setp") SetPredicate(f, i, type);
        else if (i.Opcode == "set") Set(f, i);
        else Arithmetic(f, i, type);
    }

    private static void Arithmetic(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Allowed);
        HalfFunction one = type.Kind == "f" ? Float(f, i.Opcode, modifiers) : Brain(f, i.Opcode, modifiers);
        LaneFunction function = type.Count == 1 ? (x, y, z) => one((ushort)x, (ushort)y, (ushort)z)
            : (x, y, z) => one((ushort)x, (ushort)y, (ushort)z) | ((ulong)one((ushort)(x >> 16), (ushort)(y >> 16), (ushort)(z >> 16)) << 16);
        Row Operand(int n) => i.Operands.Count > n ? f.SourceRow(i.Operands[n], type) : Row.None;
        f.Emit(new LaneInstruction(InstructionClass.Half, function, f.DestinationRow(i.Operands[0], type), Operand(1), Operand(2), Operand(3)));
    }

    private static HalfFunction Float(FunctionDecoder f, string opcode, FloatModifiers modifiers)
    {
        bool ftz = modifiers.Flush, sat = modifiers.Saturate, relu = modifiers.Relu, nan = modifiers.PropagateNaN, sign = modifiers.XorSign;
        return opcode switch
        {
            "add" => (a, b, _) => Float16.Add(a, b, ftz, sat),
            "sub" => (a, b, _) => Float16.Sub(a, b, ftz, sat),
            "mul" => (a, b, _) => Float16.Mul(a, b, ftz, sat),
            "fma" => (a, b, c) => Float16.Fma(a, b, c, ftz, sat, relu),
            "min" => (a, b, _) => Float16.Min(a, b, nan, sign, ftz),
            "max" => (a, b, _) => Float16.Max(a, b, nan, sign, ftz),
            "neg" => (a, _, _) => (ushort)((ftz ? Float16.FlushDenormal(a) : a) ^ 0x8000),
            "abs" => (a, _, _) => (ushort)((ftz ? Float16.FlushDenormal(a) : a) & 0x7fff),
            _ => throw f.Unsupported("no such arithmetic of f16"),
        };
    }

    private static HalfFunction Brain(FunctionDecoder f, string opcode, FloatModifiers modifiers)
    {
        if (modifiers.Flush || modifiers.Saturate) throw f.Unsupported("bf16 has no .ftz and no .sat");
        bool relu = modifiers.Relu, nan = modifiers.PropagateNaN, sign = modifiers.XorSign;
        return opcode switch
        {
            "add" => (a, b, _) => BFloat16.Add(a, b),
            "sub" => (a, b, _) => BFloat16.Sub(a, b),
            "mul" => (a, b, _) => BFloat16.Mul(a, b),
            "fma" => (a, b, c) => BFloat16.Fma(a, b, c, relu),
            "min" => (a, b, _) => BFloat16.Min(a, b, nan, sign),
            "max" => (a, b, _) => BFloat16.Max(a, b, nan, sign),
            "neg" => (a, _, _) => (ushort)(a ^ 0x8000),
            "abs" => (a, _, _) => (ushort)(a & 0x7fff),
            _ => throw f.Unsupported("no such arithmetic of bf16"),
        };
    }

    private static void SetPredicate(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        Func<ushort, ushort, bool> compare = Comparison(f, i, type.Kind);
        (int p, int q) = CompareDecoder.Destinations(f, i.Operands[0]);
        f.Emit(new CompareHalves(compare, type.Count == 2, p, q, f.SourceRow(i.Operands[1], type), f.SourceRow(i.Operands[2], type),
            CompareDecoder.Combination(f, i)));
    }

    private static void Set(FunctionDecoder f, PtxInstruction i)
    {
        List<ScalarType> types = i.Types();
        if (types.Count != 2 || i.Operands.Count > 3) throw f.Unsupported("this form of set is not supported");
        ScalarType to = types[0], from = types[1];
        if (!from.IsHalf) throw f.Unsupported("operands of other types than f16 and bf16");
        Func<ushort, ushort, bool> compare = Comparison(f, i, from.Kind);
        ulong one = to.Kind == "f" ? 0x3c00ul : to.Kind == "bf" ? 0x3f80ul : 0xffff;
        bool wideResult = from.Count == 1 && to.Width == 32;
        if (wideResult) one = to.IsFloat ? BitConverter.SingleToUInt32Bits(1) : uint.MaxValue;
        LaneFunction function = from.Count == 1
            ? (x, y, _) => compare((ushort)x, (ushort)y) ? one : 0
            : (x, y, _) => (compare((ushort)x, (ushort)y) ? one : 0) | (compare((ushort)(x >> 16), (ushort)(y >> 16)) ? one << 16 : 0);
        f.Emit(new LaneInstruction(InstructionClass.Half, function, f.DestinationRow(i.Operands[0], to), f.SourceRow(i.Operands[1], from),
            f.SourceRow(i.Operands[2], from), Row.None));
    }

    private static Func<ushort, ushort, bool> Comparison(FunctionDecoder f, PtxInstruction i, string kind)
    {
        FloatModifiers modifiers = FloatModifiers.Parse(f, i, Allowed, first: 1);
        if (!Enum.TryParse(i.Modifiers[0], ignoreCase: true, out FloatComparison comparison)) throw f.Unsupported($"no comparison .{i.Modifiers[0]}");
        if (kind == "bf") return (a, b) => FloatComparer.Compare(comparison, BFloat16.ToDouble(a), BFloat16.ToDouble(b));
        bool ftz = modifiers.Flush;
        return (a, b) => FloatComparer.Compare(comparison, Float16.ToDouble(ftz ? Float16.FlushDenormal(a) : a), Float16.ToDouble(ftz
            ? Float16.FlushDenormal(b) : b));
    }

    /// <summary><c>setp</c>: of a pair, p is the low half's result and q the high half's.</summary>
    private sealed unsafe class CompareHalves(
        Func<ushort, ushort, bool> compare, bool isPair, int p, int q, Row a, Row b, PredicateCombination combination) : Instruction
    {
        public override InstructionClass Class => InstructionClass.Half;

        public override void Execute(Warp warp)
        {
            uint low = 0, high = 0;
            for (uint left = warp.Active; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                ulong x = a.Get(warp.Registers, lane), y = b.Get(warp.Registers, lane);
                if (compare((ushort)x, (ushort)y)) low |= 1u << lane;
                if (isPair && compare((ushort)(x >> 16), (ushort)(y >> 16))) high |= 1u << lane;
            }
            if (!isPair) combination.Write(warp, p, q, low);
            if (isPair && p >= 0) warp.WritePredicate(p, combination.Join(warp, low));
            if (isPair && q >= 0) warp.WritePredicate(q, combination.Join(warp, high));
        }
    }
}
