using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;
using static System.FormattableString;

namespace Ditto.Emulation.Decoding;

/// <summary><c>cp.async</c>: copies of threads and their groups.</summary>
internal static class AsyncCopyDecoder
{
    /// <summary>Adds the opcode.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all) => all["cp"] = Decode;

    private static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        if (!i.Has("async")) throw f.Unsupported("cp without async; reductions of bulk copies are not emulated");
        if (i.Has("bulk")) BulkCopyDecoder.Bulk(f, i);
        else if (i.Has("mbarrier")) BulkCopyDecoder.Arrive(f, i);
        else if (i.Has("commit_group")) f.Emit(new AsyncCopyCommit());
        else if (i.Has("wait_group")) f.Emit(new AsyncCopyWait((int)Number(f, i.Operands[0])));
        else if (i.Has("wait_all")) f.Emit(new AsyncCopyWait(-1));
        else Copy(f, i);
    }

    private static void Copy(FunctionDecoder f, PtxInstruction i)
    {
        bool caches = i.Has("ca");
        if (caches == i.Has("cg")) throw f.Unsupported("one of .ca and .cg must be there");
        foreach (string modifier in i.Modifiers)
        {
            bool isKnown = modifier is "async" or "ca" or "cg" or "shared" or "shared::cta" or "global";
            if (!isKnown && !modifier.StartsWith("L2::", StringComparison.Ordinal))
                throw f.Unsupported($".{modifier} is not supported here");
        }
        int bytes = (int)Number(f, i.Operands[2]);
        if (bytes is not (4 or 8 or 16) || (!caches && bytes != 16)) throw f.Unsupported(Invariant($"copies of {bytes} bytes"));
        int last = i.Operands.Count - (i.Has("L2::cache_hint") ? 1 : 0);
        Row sourceBytes = Row.None;
        int ignored = -1;
        uint flip = 0;
        if (last > 3 && IsPredicate(f, i.Operands[3])) (ignored, flip) = f.Predicate(i.Operands[3]);
        else if (last > 3) sourceBytes = f.SourceRow(i.Operands[3], ScalarType.B32);
        MemoryOperand to = MemoryDecoder.Operand(f, i.Operands[0], MemorySpace.Shared);
        MemoryOperand from = MemoryDecoder.Operand(f, i.Operands[1], MemorySpace.Global);
        f.Emit(new AsyncCopy(to, from, bytes, sourceBytes, ignored, flip));
    }

    private static bool IsPredicate(FunctionDecoder f, PtxOperand operand) =>
        operand is PtxName name && f.Find(name.Name) is RegisterSymbol { Bits: 1 };

    private static ulong Number(FunctionDecoder f, PtxOperand operand) =>
        operand is PtxNumber number ? number.Bits : throw f.Unsupported($"operand {operand} must be a number");
}
