using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;
using static System.FormattableString;

namespace Ditto.Emulation.Decoding;

/// <summary><c>atom</c> and <c>red</c>. Their modifiers may stand in any order.</summary>
internal static class AtomicDecoder
{
    private static readonly HashSet<string> Operations = ["add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"];
    private static readonly HashSet<string> Places = ["global", "shared", "shared::cta", "shared::cluster"];
    private static readonly HashSet<string> Orders =
        ["relaxed", "acquire", "release", "acq_rel", "cta", "cluster", "gpu", "sys", "L2::cache_hint"];

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["atom"] = (f, i) => Decode(f, i, returns: true);
        all["red"] = (f, i) => Decode(f, i, returns: false);
    }

    private static void Decode(FunctionDecoder f, PtxInstruction i, bool returns)
    {
        string? operation = null;
        int count = 1;
        bool flushesNot = false;
        ScalarType type = default;
        foreach (string modifier in i.Modifiers)
        {
            if (Operations.Contains(modifier) && operation is null) operation = modifier;
            else if (modifier is "v2" or "v4" or "v8") count = modifier[1] - '0';
            else if (modifier == "noftz") flushesNot = true;
            else if (!Places.Contains(modifier) && !Orders.Contains(modifier) && !ScalarType.TryParse(modifier, out type))
                throw f.Unsupported($".{modifier} is not supported here");
        }
        string name = $"{operation}.{type}";
        AtomicFunction inShared = AtomicFunctions.Find(name) ?? throw f.Unsupported($"there is no {name}");
        if (type.IsHalf && !flushesNot) throw f.Unsupported($".noftz is missing, without which there is no {name}");
        MemorySpace space = MemoryDecoder.Space(i);
        CheckVector(f, type, operation!, count, space);
        int next = returns ? 1 : 0;
        MemoryOperand at = MemoryDecoder.Operand(f, i.Operands[next], space);
        Row[] values = [.. Elements(f, i.Operands[next + 1], count).Select(element => f.SourceRow(element, type))];
        Row exchange = operation == "cas" ? f.SourceRow(i.Operands[next + 2], type) : Row.None;
        if (!returns && (operation is "exch" or "cas")) throw f.Unsupported($"red has no {operation}");
        Row[] results = returns && i.Operands[0] is not PtxDiscard
            ? [.. Elements(f, i.Operands[0], count).Select(element => f.DestinationRow(element, type))] : [];
        AtomicFunction function = name == "add.f32" ? AtomicFunctions.FlushedAdd : inShared;
        f.Emit(new AtomicOperation(at, type.Width / 8, function, inShared, results, values, exchange, MemoryDecoder.Order(i)));
    }

    private static void CheckVector(FunctionDecoder f, ScalarType type, string operation, int count, MemorySpace space)
    {
        if (count == 1)
        {
            if (type.IsHalf && (operation is "min" or "max")) throw f.Unsupported($"{operation}.{type} is there only as a vector");
            return;
        }
        if (space == MemorySpace.Shared) throw f.Unsupported("vectors are for global memory");
        bool fits = type.IsHalf ? count * type.Width <= 128 : type is { Kind: "f", Bits: 32 } && operation == "add" && count <= 4;
        if (!fits) throw f.Unsupported(Invariant($"vectors of {count} {operation}.{type}"));
    }

    private static IReadOnlyList<PtxOperand> Elements(FunctionDecoder f, PtxOperand operand, int count)
    {
        IReadOnlyList<PtxOperand> elements = operand is PtxVector vector ? vector.Elements : [operand];
        return elements.Count == count ? elements : throw f.Unsupported(Invariant($"{elements.Count} registers; expected are {count}"));
    }
}
