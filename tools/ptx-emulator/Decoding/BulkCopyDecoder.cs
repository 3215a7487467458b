using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>cp.async.bulk</c> without tensor maps, and <c>cp.async.mbarrier.arrive</c>.</summary>
internal static class BulkCopyDecoder
{
    /// <summary>Decodes a bulk copy, or what orders such copies.</summary>
    public static void Bulk(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Has("tensor")) throw f.Unsupported("copies by tensor maps are not emulated");
        if (i.Has("commit_group") || i.Has("wait_group") || i.Has("prefetch")) return;   // copies to device memory are there at once
        string[] spaces = [.. i.Modifiers.Where(modifier => modifier is "global" or "shared::cta" or "shared::cluster")];
        string[] known = ["async", "bulk", "mbarrier::complete_tx::bytes", "bulk_group", "L2::cache_hint", .. spaces];
        string? strange = i.Modifiers.FirstOrDefault(modifier => !known.Contains(modifier));
        if (strange is not null) throw f.Unsupported($".{strange} is not supported here");
        bool arrives = spaces is ["shared::cta" or "shared::cluster", "global"];
        if (!arrives && spaces is not ["global", "shared::cta"]) throw f.Unsupported("copies go between global and shared memory");
        if (i.Has("mbarrier::complete_tx::bytes") != arrives || i.Has("bulk_group") == arrives)
            throw f.Unsupported("copies to shared memory need mbarrier::complete_tx::bytes, those to global memory bulk_group");
        MemorySpace target = arrives ? MemorySpace.Shared : MemorySpace.Global, source = arrives ? MemorySpace.Global : MemorySpace.Shared;
        MemoryOperand to = MemoryDecoder.Operand(f, i.Operands[0], target), from = MemoryDecoder.Operand(f, i.Operands[1], source);
        Row size = f.SourceRow(i.Operands[2], ScalarType.B32);
        f.Emit(new BulkCopy(to, from, size, arrives ? MemoryDecoder.Operand(f, i.Operands[3], MemorySpace.Shared) : null));
    }

    /// <summary>Decodes an arrival that follows the lane's copies.</summary>
    public static void Arrive(FunctionDecoder f, PtxInstruction i)
    {
        MemoryOperand at = MemoryDecoder.Operand(f, i.Operands[0], MemoryDecoder.Space(i));
        PhaseBarrierAction action = i.Has("noinc") ? PhaseBarrierAction.ArriveAfterCountedCopies : PhaseBarrierAction.ArriveAfterCopies;
        f.Emit(new PhaseBarrierUpdate(action, at, Row.None, Row.None, Row.None));
    }
}
