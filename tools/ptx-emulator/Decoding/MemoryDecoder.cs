using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>ld</c>, <c>st</c>, and cache hints, which change no result.</summary>
internal static class MemoryDecoder
{
    private static readonly ScalarType B64 = new("b", 64);

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["ld"] = Load;
        all["ldu"] = Load;
        all["st"] = Store;
        foreach (string hint in new[] { "prefetch", "prefetchu", "applypriority" }) all[hint] = (_, _) => { };
        all["createpolicy"] = (f, i) => f.Emit(MoveDecoder.Copy(f.Destination(i.Operands[0], B64), f.Constant(0, true), true));
    }

    /// <summary>The memory that modifiers name.</summary>
    public static MemorySpace Space(PtxInstruction i)
    {
        foreach (string modifier in i.Modifiers)
        {
            switch (modifier)
            {
                case "global" or "const":
                    return MemorySpace.Global;
                case "shared" or "shared::cta" or "shared::cluster":
                    return MemorySpace.Shared;
                case "local":
                    return MemorySpace.Local;
                case "param" or "param::entry" or "param::func":
                    return MemorySpace.Parameter;
                default:
                    break;
            }
        }
        return MemorySpace.Generic;
    }

    /// <summary>Where an address operand points.</summary>
    public static MemoryOperand Operand(FunctionDecoder f, PtxOperand operand, MemorySpace space)
    {
        if (operand is not PtxAddress { Coordinates: null } address) throw f.Unsupported($"operand {operand} is no address");
        switch (f.Find(address.Base))
        {
            case RegisterSymbol { Bits: 32 or 64 } register:
                return new MemoryOperand(register.Row, (ulong)address.Offset, space);
            case LocalSymbol:
                return new MemoryOperand(new Row(f.AddressRow(address.Base, 0, true), true), (ulong)address.Offset, space);
            case SharedSymbol shared:
                return new MemoryOperand(Row.None, (ulong)(shared.Offset + address.Offset), space);
            case GlobalSymbol global:
                return new MemoryOperand(Row.None, global.Address + (ulong)address.Offset, space);
            case ArgumentSymbol argument:
                return new MemoryOperand(Row.None, (ulong)(argument.Offset + address.Offset), space);
            default:
                throw f.Unsupported($"{address.Base} has no address");
        }
    }

    /// <summary>Whether other threads' accesses are expected there, which makes it no race, and what it puts in order.</summary>
    public static AccessKind Order(PtxInstruction i)
    {
        AccessKind order = i.Has("volatile") || i.Has("relaxed") || i.Has("mmio") || i.Has("cv") ? AccessKind.Atomic : AccessKind.None;
        if (i.Has("acquire") || i.Has("acq_rel")) order |= AccessKind.Acquire;
        if (i.Has("release") || i.Has("acq_rel")) order |= AccessKind.Release;
        return order;
    }

    private static void Load(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        (int bytes, int perElement) = Elements(f, type);
        PtxOperand[] targets = Parts(i.Operands[0], perElement);
        List<Row> rows = [];
        int widest = 16;
        foreach (PtxOperand target in targets)
        {
            if (target is PtxDiscard)
            {
                rows.Add(Row.None);
                continue;
            }
            RegisterSymbol register = f.Register(target);
            if (register.Bits < bytes * 8 && register.Bits != 128) throw f.Unsupported("the register is narrower than the element");
            widest = Math.Max(widest, register.Bits);
            rows.Add(register.Bits == 128 ? new Row(register.Offset, true) : register.Row);
            if (register.Bits == 128) rows.Add(new Row(register.Offset + Execution.Lanes.Row64, true));
        }
        ulong mask = widest == 16 ? 0xffff : widest == 32 ? uint.MaxValue : ulong.MaxValue;
        int signed = type.IsSigned ? bytes * 8 : 0;
        MemorySpace space = Space(i);
        if (space == MemorySpace.Parameter && CallParameter(f, i.Operands[1]) is int offset)
        {
            f.Emit(new CallParameterAccess(offset, bytes, signed, mask, [.. rows], isStore: false));
            return;
        }
        f.Emit(new Load(Operand(f, i.Operands[1], space), bytes, signed, mask, [.. rows], Order(i)));
    }

    private static void Store(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        (int bytes, int perElement) = Elements(f, type);
        List<Row> rows = [];
        foreach (PtxOperand value in Parts(i.Operands[1], perElement))
        {
            if (value is PtxName name && f.Find(name.Name) is RegisterSymbol { Bits: 128 } whole)
            {
                rows.Add(new Row(whole.Offset, true));
                rows.Add(new Row(whole.Offset + Execution.Lanes.Row64, true));
            }
            else if (value is PtxName register && f.Find(register.Name) is RegisterSymbol { Bits: > 1 } direct)
            {
                rows.Add(direct.Row);                    // a wider register gives its low bytes
            }
            else
            {
                rows.Add(f.SourceRow(value, new ScalarType(type.Kind, bytes * 8)));
            }
        }
        MemorySpace space = Space(i);
        if (space == MemorySpace.Parameter && CallParameter(f, i.Operands[0]) is int offset)
        {
            f.Emit(new CallParameterAccess(offset, bytes, 0, 0, [.. rows], isStore: true));
            return;
        }
        f.Emit(new Store(Operand(f, i.Operands[0], space), bytes, [.. rows], Order(i)));
    }

    /// <summary>Bytes of an element, and pieces of 8 bytes that a 128-bit one has.</summary>
    private static (int Bytes, int Pieces) Elements(FunctionDecoder f, ScalarType type) => type.Width switch
    {
        8 or 16 or 32 or 64 => (type.Width / 8, 1),
        128 => (8, 2),
        _ => throw f.Unsupported($"elements of type {type}"),
    };

    private static PtxOperand[] Parts(PtxOperand operand, int pieces) =>
        operand is PtxVector vector && pieces == 1 ? [.. vector.Elements] : [operand];

    private static int? CallParameter(FunctionDecoder f, PtxOperand operand) =>
        operand is PtxAddress address && f.Find(address.Base) is CallParameterSymbol symbol ? symbol.Offset + (int)address.Offset : null;
}
