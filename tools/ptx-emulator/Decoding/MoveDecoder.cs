using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>mov</c>, <c>cvta</c>, <c>isspacep</c>, <c>mapa</c>.</summary>
internal static class MoveDecoder
{
    private static readonly ScalarType B64 = new("b", 64);
    private static readonly ScalarType B16 = new("b", 16);

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["mov"] = Move;
        all["cvta"] = ConvertAddress;
        all["isspacep"] = IsSpace;
    }

    /// <summary>Copies a row of 32 or 64 bits.</summary>
    public static Instruction Copy(int d, int a, bool isWide) => isWide
        ? new Unary<ulong, Copy<ulong>>(InstructionClass.Move, d, a)
        : new Unary<uint, Copy<uint>>(InstructionClass.Move, d, a);

    private static void Move(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        PtxOperand d = i.Operands[0], a = i.Operands[1];
        if (type.Kind == "p")
        {
            (int offset, uint flip) = f.Predicate(a);
            f.Emit(new PredicateMove(f.PredicateDestination(d), offset, flip));
        }
        else if (type.Width == 128)
        {
            Row[] to = Halves(f, d, f.DestinationRow), from = Halves(f, a, f.SourceRow);
            for (int n = 0; n < to.Length; n++)
                if (to[n] != Row.None) f.Emit(Copy(to[n].Offset, from[n].Offset, isWide: true));
        }
        else if (d is PtxVector parts)
        {
            Unpack(f, parts, f.SourceRow(a, type), type);
        }
        else if (a is PtxVector pieces)
        {
            Pack(f, f.DestinationRow(d, type), pieces, type);
        }
        else
        {
            f.Emit(Copy(f.Destination(d, type), f.Source(a, type), type.Width == 64));
        }
    }

    // The low and the high 64 bits of 128.
    private static Row[] Halves(FunctionDecoder f, PtxOperand operand, Func<PtxOperand, ScalarType, Row> row)
    {
        if (operand is PtxVector { Elements.Count: 2 } pair) return [.. pair.Elements.Select(half => half is PtxDiscard ? Row.None : row(half, B64))];
        if (operand is PtxName name && f.Find(name.Name) is RegisterSymbol { Bits: 128 } whole)
            return [new Row(whole.Offset, true), new Row(whole.Offset + Execution.Lanes.Row64, true)];
        throw f.Unsupported($"operand {operand} has no 128 bits");
    }

    private static void Unpack(FunctionDecoder f, PtxVector parts, Row a, ScalarType type)
    {
        int bits = type.Width / parts.Elements.Count;
        for (int n = 0; n < parts.Elements.Count; n++)
        {
            if (parts.Elements[n] is PtxDiscard) continue;
            int shift = n * bits;
            ulong mask = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
            Row d = f.DestinationRow(parts.Elements[n], new ScalarType("b", bits));
            f.Emit(new LaneInstruction(InstructionClass.Move, (x, _, _) => x >> shift & mask, d, a, Row.None, Row.None));
        }
    }

    private static void Pack(FunctionDecoder f, Row d, PtxVector pieces, ScalarType type)
    {
        int bits = type.Width / pieces.Elements.Count;
        ScalarType piece = bits == 16 ? B16 : new ScalarType("b", bits);
        if (pieces.Elements.Count == 2)
        {
            Row low = f.SourceRow(pieces.Elements[0], piece), high = f.SourceRow(pieces.Elements[1], piece);
            ulong mask = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
            f.Emit(new LaneInstruction(InstructionClass.Move, (x, y, _) => (x & mask) | (y << bits), d, low, high, Row.None));
            return;
        }
        Row whole = new(f.Constant(0, d.IsWide), d.IsWide);
        for (int n = 0; n < pieces.Elements.Count; n++)
        {
            int shift = n * bits;
            ulong mask = (1ul << bits) - 1;
            Row next = new(f.NewRow(d.IsWide), d.IsWide);
            f.Emit(new LaneInstruction(InstructionClass.Move, (x, y, _) => x | ((y & mask) << shift), next, whole,
                f.SourceRow(pieces.Elements[n], piece), Row.None));
            whole = next;
        }
        f.Emit(Copy(d.Offset, whole.Offset, d.IsWide));
    }

    private static void ConvertAddress(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        ulong window = Window(f, i);
        if (i.Operands[1] is PtxAddress) throw f.Unsupported("an address in brackets");
        Row d = f.DestinationRow(i.Operands[0], type), a = f.SourceRow(i.Operands[1], type);
        if (window == 0)
        {
            f.Emit(Copy(d.Offset, a.Offset, d.IsWide));
            return;
        }
        int by = f.Constant(i.Has("to") ? 0 - window : window, true);
        f.Emit(new Binary<ulong, Add<ulong>>(InstructionClass.Integer, d.Offset, a.Offset, by));
    }

    private static ulong Window(FunctionDecoder f, PtxInstruction i)
    {
        foreach (string modifier in i.Modifiers)
        {
            switch (modifier)
            {
                case "global" or "const":
                    return 0;
                case "shared" or "shared::cta" or "shared::cluster":
                    return AddressWindows.Shared;
                case "local":
                    return AddressWindows.Local;
                case "param" or "param::entry":
                    return AddressWindows.Parameter;
                default:
                    break;
            }
        }
        throw f.Unsupported("no memory space is named");
    }

    private static void IsSpace(FunctionDecoder f, PtxInstruction i)
    {
        ulong window = Window(f, i);
        Row result = new(f.NewRow(false), false), address = f.SourceRow(i.Operands[1], B64);
        f.Emit(new LaneInstruction(InstructionClass.Integer, (x, _, _) => (x >> 56) == (window >> 56) ? 1ul : 0, result, address, Row.None,
            Row.None));
        f.Emit(new SetPredicate<uint, NotEqual<uint>>(f.PredicateDestination(i.Operands[0]), -1, result.Offset, f.Constant(0, false),
            PredicateCombination.None));
    }
}
