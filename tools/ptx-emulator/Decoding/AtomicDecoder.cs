using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;
using static Ditto.Emulation.Decoding.IntegerFunctions;

namespace Ditto.Emulation.Decoding;

/// <summary><c>atom</c> and <c>red</c>. Source: PTX ISA 8.8, atom.</summary>
internal static class AtomicDecoder
{
    private static readonly string[] Operations = ["add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"];

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["atom"] = Decode;
        all["red"] = Decode;
    }

    private static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        string operation = i.Modifiers.FirstOrDefault(Operations.Contains) ?? throw f.Unsupported("no operation is named");
        if (i.Has("v2") || i.Has("v4") || i.Has("v8")
            || type.Width is not (16 or 32 or 64)) throw f.Unsupported("vectors and 128 bits are not supported");
        if (i.Has("async")) throw f.Unsupported("asynchronous reductions are not supported");
        MemorySpace space = MemoryDecoder.Space(i);
        int first = i.Opcode == "atom" ? 1 : 0;
        Row d = first == 0 || i.Operands[0] is PtxDiscard ? Row.None : f.DestinationRow(i.Operands[0], type);
        Row b = f.SourceRow(i.Operands[first + 1], type), c = operation == "cas" ? f.SourceRow(i.Operands[first + 2], type) : Row.None;
        LaneFunction function = Function(f, operation, type, space != MemorySpace.Shared);
        f.Emit(new AtomicOperation(function, MemoryDecoder.Operand(f, i.Operands[first], space), type.Width / 8, d, b, c));
    }

    /// <summary>The new value from the old one and the operands.</summary>
    private static LaneFunction Function(FunctionDecoder f, string operation, ScalarType type, bool flush)
    {
        int w = type.Width;
        bool signed = type.IsSigned;
        return (operation, type.Kind) switch
        {
            ("exch", "b") => (_, b, _) => b,
            ("cas", "b") => (old, b, c) => old == b ? c : old,
            ("and", "b") => (old, b, _) => old & b,
            ("or", "b") => (old, b, _) => old | b,
            ("xor", "b") => (old, b, _) => old ^ b,
            ("add", "u" or "s") => (old, b, _) => Truncate(old + b, w),
            ("min", "u" or "s") => signed ? (old, b, _) => Sign(old, w) < Sign(b, w) ? old : b : (old, b, _) => Math.Min(old, b),
            ("max", "u" or "s") => signed ? (old, b, _) => Sign(old, w) > Sign(b, w) ? old : b : (old, b, _) => Math.Max(old, b),
            ("inc", "u") => (old, b, _) => old >= b ? 0 : old + 1,
            ("dec", "u") => (old, b, _) => old == 0 || old > b ? b : old - 1,
            ("add", "f") when w == 64 => (old, b, _) => FloatDecoder.Bits(FloatDecoder.Double(old) + FloatDecoder.Double(b)),
            ("add", "f") when type == ScalarType.F32 => (old, b, _) => AddSingle(old, b, flush),
            ("add", "f") => Halves(type, (x, y) => Float16.Add(x, y)),
            ("add", "bf") => Halves(type, BFloat16.Add),
            _ => throw f.Unsupported($"no atomic {operation} of {type}"),
        };
    }

    private static ulong AddSingle(ulong old, ulong b, bool flush)
    {
        FloatModifiers modifiers = new() { Flush = flush };      // device memory flushes denormals, shared memory keeps them
        return FloatDecoder.Finish(FloatDecoder.Operand(old, modifiers) + FloatDecoder.Operand(b, modifiers), modifiers);
    }

    private static LaneFunction Halves(ScalarType type, Func<ushort, ushort, ushort> add) => type.Count == 1
        ? (old, b, _) => add((ushort)old, (ushort)b)
        : (old, b, _) => add((ushort)old, (ushort)b) | ((ulong)add((ushort)(old >> 16), (ushort)(b >> 16)) << 16);
}
