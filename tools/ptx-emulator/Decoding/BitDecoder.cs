using System.Numerics;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Syntax;
using static Ditto.Emulation.Decoding.IntegerFunctions;

namespace Ditto.Emulation.Decoding;

/// <summary>Logic, shifts and bit fields.</summary>
internal static class BitDecoder
{
    private const InstructionClass Kind = InstructionClass.Integer;

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        foreach (string opcode in new[] { "and", "or", "xor" }) all[opcode] = Logic;
        foreach (string opcode in new[] { "not", "cnot" }) all[opcode] = Not;
        foreach (string opcode in new[] { "shl", "shr" }) all[opcode] = Shift;
        foreach (string opcode in new[] { "shf", "prmt", "bfe", "fns", "bmsk", "szext" }) all[opcode] = Three;
        foreach (string opcode in new[] { "popc", "clz", "brev", "bfind" }) all[opcode] = One;
        all["lop3"] = Lop3;
        all["bfi"] = Insert;
    }

    private static void Logic(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (type.Kind == "p")
        {
            (int a, uint flipA) = f.Predicate(i.Operands[1]);
            (int b, uint flipB) = f.Predicate(i.Operands[2]);
            f.Emit(new PredicateLogic(i.Opcode, f.PredicateDestination(i.Operands[0]), a, flipA, b, flipB));
            return;
        }
        int d = f.Destination(i.Operands[0], type), x = f.Source(i.Operands[1], type), y = f.Source(i.Operands[2], type);
        f.Emit((i.Opcode, type.Width == 64) switch
        {
            ("and", false) => new Binary<uint, And<uint>>(Kind, d, x, y),
            ("and", true) => new Binary<ulong, And<ulong>>(Kind, d, x, y),
            ("or", false) => new Binary<uint, Or<uint>>(Kind, d, x, y),
            ("or", true) => new Binary<ulong, Or<ulong>>(Kind, d, x, y),
            ("xor", false) => new Binary<uint, Xor<uint>>(Kind, d, x, y),
            _ => new Binary<ulong, Xor<ulong>>(Kind, d, x, y),
        });
    }

    private static void Not(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (type.Kind == "p")
        {
            (int a, uint flip) = f.Predicate(i.Operands[1]);
            f.Emit(new PredicateMove(f.PredicateDestination(i.Operands[0]), a, ~flip));
            return;
        }
        if (i.Opcode == "not" && type.Width >= 32)
        {
            int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type);
            f.Emit(type.Width == 64 ? new Unary<ulong, Not<ulong>>(Kind, d, a) : new Unary<uint, Not<uint>>(Kind, d, a));
            return;
        }
        int width = type.Width;
        Lane(f, i, type, i.Opcode == "not" ? (x, _, _) => Truncate(~x, width) : (x, _, _) => x == 0 ? 1ul : 0);
    }

    private static void Shift(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        int w = type.Width;
        bool left = i.Opcode == "shl", signed = type.IsSigned;
        if (w == 32)
        {
            int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), by = f.Source(i.Operands[2], ScalarType.B32);
            f.Emit(left ? new Binary<uint, ShiftLeft32>(Kind, d, a, by)
                : signed ? new Binary<int, ShiftRightSigned32>(Kind, d, a, by) : new Binary<uint, ShiftRight32>(Kind, d, a, by));
            return;
        }
        LaneFunction function = left ? (x, n, _) => n >= (ulong)w ? 0 : Truncate(x << (int)n, w)
            : signed ? (x, n, _) => Truncate((ulong)(Sign(x, w) >> (int)Math.Min(n, 63)), w) : (x, n, _) => n >= (ulong)w ? 0 : x >> (int)n;
        f.Emit(new LaneInstruction(Kind, function, f.DestinationRow(i.Operands[0], type), f.SourceRow(i.Operands[1], type),
            f.SourceRow(i.Operands[2], ScalarType.B32), Row.None));
    }

    private static void One(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        int w = type.Width;
        bool shift = i.Has("shiftamt"), signed = type.IsSigned;
        LaneFunction function = i.Opcode switch
        {
            "popc" => (x, _, _) => (ulong)BitOperations.PopCount(x),
            "clz" => (x, _, _) => (ulong)(BitOperations.LeadingZeroCount(x) - (64 - w)),
            "brev" => (x, _, _) => Reverse(x) >> (64 - w),
            _ => (x, _, _) => FindHighest(x, w, signed, shift),
        };
        ScalarType result = i.Opcode == "brev" ? type : ScalarType.B32;
        f.Emit(new LaneInstruction(Kind, function, f.DestinationRow(i.Operands[0], result), f.SourceRow(i.Operands[1], type), Row.None, Row.None));
    }

    private static void Three(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.Opcode == "prmt" ? ScalarType.B32 : i.LastType(f);   // there a mode may stand last
        switch (i.Opcode)
        {
            case "shf":
                bool left = i.Has("l"), wraps = i.Has("wrap");
                Lane(f, i, type, (a, b, c) =>
                {
                    int by = wraps ? (int)(c & 31) : (int)Math.Min(c, 32);
                    ulong both = a | (b << 32);
                    return left ? (uint)((both << by) >> 32) : (uint)(both >> by);
                });
                break;
            case "prmt":
                string mode = i.Modifiers.FirstOrDefault(modifier => modifier is "f4e" or "b4e" or "rc8" or "ecl" or "ecr" or "rc16") ?? "";
                Lane(f, i, type, (a, b, c) => Permute(a | (b << 32), mode.Length == 0 ? c : Selector(mode, (int)c & 3)));
                break;
            case "bfe":
                int w = type.Width;
                bool signed = type.IsSigned;
                f.Emit(new LaneInstruction(Kind, (a, pos, len) => Extract(a, (int)pos & 255, (int)len & 255, w, signed),
                    f.DestinationRow(i.Operands[0], type), f.SourceRow(i.Operands[1], type), f.SourceRow(i.Operands[2], ScalarType.B32),
                    f.SourceRow(i.Operands[3], ScalarType.B32)));
                break;
            case "fns":
                Lane(f, i, type, (mask, start, n) => FindNth((uint)mask, (int)start, (int)n));
                break;
            case "bmsk":
                bool clampsMask = i.Has("clamp");
                Lane(f, i, type, (a, b, _) =>
                {
                    int from = clampsMask ? (int)Math.Min(a, 32) : (int)(a & 31), count = clampsMask ? (int)Math.Min(b, 32) : (int)(b & 31);
                    return from >= 32 ? 0 : (uint)(((1ul << count) - 1) << from);
                });
                break;
            default:
                bool clamps = i.Has("clamp"), signs = type.IsSigned;
                Lane(f, i, type, (a, n, _) =>
                {
                    int bits = clamps ? (int)Math.Min(n, 32) : (int)(n & 31);
                    return bits == 0 ? 0 : signs ? (uint)Sign(a, bits) : Truncate(a, bits);
                });
                break;
        }
    }

    private static void Lop3(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Operands[4] is not PtxNumber table) throw f.Unsupported("the table must be a number");
        ulong lut = table.Bits;
        PtxPair? pair = i.Operands[0] as PtxPair;
        PtxOperand value = pair?.First ?? i.Operands[0];
        Row d = value is PtxDiscard ? new Row(f.NewRow(false), false) : f.DestinationRow(value, ScalarType.B32);
        f.Emit(new LaneInstruction(Kind, (a, b, c) =>
        {
            uint result = 0;
            for (int n = 0; n < 8; n++)
            {
                if ((lut >> n & 1) == 0) continue;
                result |= (uint)(((n & 4) != 0 ? a : ~a) & ((n & 2) != 0 ? b : ~b) & ((n & 1) != 0 ? c : ~c));
            }
            return result;
        }, d, f.SourceRow(i.Operands[1], ScalarType.B32), f.SourceRow(i.Operands[2], ScalarType.B32), f.SourceRow(i.Operands[3], ScalarType.B32)));
        if (pair is null) return;
        string join = i.Has("and") ? "and" : i.Has("or") ? "or" : throw f.Unsupported(".and or .or is missing");
        (int q, uint flip) = f.Predicate(i.Operands[5]);
        f.Emit(new SetPredicate<uint, NotEqual<uint>>(
            f.PredicateDestination(pair.Second), -1, d.Offset, f.Constant(0, false), new PredicateCombination(join, q, flip)));
    }

    private static void Insert(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        int w = type.Width;
        Row field = new(f.NewRow(false), false);         // position and length in one operand
        f.Emit(new LaneInstruction(Kind, (pos, len, _) => (pos & 255) | (len & 255) << 8, field,
            f.SourceRow(i.Operands[3], ScalarType.B32), f.SourceRow(i.Operands[4], ScalarType.B32), Row.None));
        f.Emit(new LaneInstruction(Kind, (a, b, place) =>
        {
            int pos = (int)place & 255, len = (int)place >> 8;
            if (pos >= w || len == 0) return b;
            ulong mask = (len >= 64 ? ulong.MaxValue : (1ul << len) - 1) << pos;
            return Truncate((b & ~mask) | ((a << pos) & mask), w);
        }, f.DestinationRow(i.Operands[0], type), f.SourceRow(i.Operands[1], type), f.SourceRow(i.Operands[2], type), field));
    }

    private static void Lane(FunctionDecoder f, PtxInstruction i, ScalarType type, LaneFunction function)
    {
        Row b = i.Operands.Count > 2 ? f.SourceRow(i.Operands[2], type) : Row.None, c = i.Operands.Count > 3 ? f.SourceRow(i.Operands[3], type)
            : Row.None;
        f.Emit(new LaneInstruction(Kind, function, f.DestinationRow(i.Operands[0], type), f.SourceRow(i.Operands[1], type), b, c));
    }

    private static ulong Reverse(ulong x)
    {
        ulong result = 0;
        for (int n = 0; n < 64; n++) result |= (x >> n & 1) << (63 - n);
        return result;
    }

    private static ulong FindHighest(ulong x, int width, bool signed, bool shift)
    {
        ulong seen = signed && Sign(x, width) < 0 ? Truncate(~x, width) : x;
        if (seen == 0) return uint.MaxValue;
        int position = 63 - BitOperations.LeadingZeroCount(seen);
        return (ulong)(shift ? width - 1 - position : position);
    }

    private static ulong Extract(ulong a, int pos, int len, int width, bool signed)
    {
        int last = Math.Min(pos + len - 1, width - 1);
        bool sign = signed && len > 0 && (a >> last & 1) != 0;
        ulong result = 0;
        for (int n = 0; n < width; n++)
        {
            bool bit = n < len && pos + n < width ? (a >> (pos + n) & 1) != 0 : sign;
            if (bit) result |= 1ul << n;
        }
        return result;
    }

    private static ulong Permute(ulong bytes, ulong selector)
    {
        ulong result = 0;
        for (int n = 0; n < 4; n++)
        {
            int pick = (int)(selector >> (4 * n)) & 15;
            ulong value = bytes >> (8 * (pick & 7)) & 255;
            if ((pick & 8) != 0) value = (value & 128) != 0 ? 255ul : 0;
            result |= value << (8 * n);
        }
        return result;
    }

    private static ulong Selector(string mode, int n)
    {
        Func<int, int> pick = mode switch
        {
            "f4e" => k => n + k,
            "b4e" => k => (n - k) & 7,
            "rc8" => _ => n,
            "ecl" => k => Math.Max(k, n),
            "ecr" => k => Math.Min(k, n),
            _ => k => (n & 1) == 0 ? k & 1 : 2 + (k & 1),
        };
        ulong selector = 0;
        for (int k = 0; k < 4; k++) selector |= (ulong)pick(k) << (4 * k);
        return selector;
    }

    private static ulong FindNth(uint mask, int start, int n)
    {
        if (n == 0) return (mask >> (start & 31) & 1) != 0 ? (ulong)start : uint.MaxValue;
        int step = Math.Sign(n);
        for (int at = start; at is >= 0 and < 32; at += step)
        {
            if ((mask >> at & 1) == 0) continue;
            n -= step;
            if (n == 0) return (ulong)at;
        }
        return uint.MaxValue;
    }
}
