using Ditto.Emulation.Checks;
using Ditto.Emulation.Memory;
using static System.FormattableString;

namespace Ditto.Emulation.Execution;

/// <summary>The mbarriers of a block by their offset in shared memory.</summary>
/// <param name="warps">Of the block.</param>
internal sealed unsafe class PhaseBarriers(int warps)
{
    /// <summary>Bytes of an mbarrier.</summary>
    public const int Size = 8;

    private readonly Dictionary<int, PhaseBarrier> barriers = [];

    /// <summary>A new block: there are none.</summary>
    public void Forget() => barriers.Clear();

    /// <summary>Initialises one.</summary>
    /// <exception cref="EmulationException">The count is out of range.</exception>
    public void Add(Warp warp, int lane, int offset, ulong count)
    {
        if (count is 0 or > PhaseBarrier.MaxCount)
            throw warp.Fault(FaultKind.PhaseBarrier, Invariant($"initialised for {count} arrivals; 1 to {PhaseBarrier.MaxCount} are possible"), lane);
        barriers[offset] = new PhaseBarrier((int)count, warps);
    }

    /// <summary>Ends one.</summary>
    public void Remove(int offset) => barriers.Remove(offset);

    /// <summary>The one at an offset.</summary>
    /// <exception cref="EmulationException">There is none.</exception>
    public PhaseBarrier Find(Warp warp, int lane, int offset) => barriers.TryGetValue(offset, out PhaseBarrier? barrier) ? barrier
        : throw warp.Fault(FaultKind.PhaseBarrier, Invariant($"at shared offset {offset} is no initialised mbarrier"), lane);

    /// <summary>A lane arrives.</summary>
    /// <exception cref="EmulationException">The phase awaits fewer arrivals.</exception>
    public static void Arrive(Warp warp, int lane, PhaseBarrier barrier, ulong count, bool drops)
    {
        if (count == 0 || count > (ulong)barrier.Pending)
            throw warp.Fault(FaultKind.PhaseBarrier, Invariant($"{count} arrivals at an mbarrier that awaits {barrier.Pending}"), lane);
        warp.Block.SharedRaces?.Release(warp.Index, barrier.Arriving);
        barrier.Arrive((int)count, drops);
    }

    /// <summary>A lane's wait has succeeded: it sees what came before the phase's end.</summary>
    public static void Pass(Warp warp, PhaseBarrier barrier)
    {
        warp.Block.SharedRaces?.Acquire(warp.Index, barrier.Arrived);
        foreach ((int offset, int bytes) in barrier.Landed) SharedAccess.MarkArrived(warp, offset, bytes);
        barrier.Landed.Clear();
    }

    /// <summary>The offset of a resolved address.</summary>
    public static int OffsetOf(Warp warp, int lane)
    {
        long offset = warp.Addresses.Pointer[lane] - warp.Block.Shared.Data;
        if (offset < 0 || offset >= warp.Block.Shared.Bytes)
            throw warp.Fault(FaultKind.PhaseBarrier, "an mbarrier must lie in shared memory", lane);
        return (int)offset;
    }
}
