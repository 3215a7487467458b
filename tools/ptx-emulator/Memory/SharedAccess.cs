using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Memory;

/// <summary>Accesses to a block's shared memory.</summary>
internal static unsafe class SharedAccess
{
    /// <summary>Finds and checks each lane's memory; <see cref="Warp.Addresses"/> holds offsets.</summary>
    public static void Resolve(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        BlockMemory shared = warp.Block.Shared;
        bool reads = access.HasFlag(AccessKind.Read), writes = access.HasFlag(AccessKind.Write);
        bool checksWritten = reads && warp.Block.Checks.Unwritten;
        SharedRaces? races = warp.Block.SharedRaces;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong offset = warp.Addresses.Address[lane];
            if (offset + (ulong)bytes > (ulong)shared.Bytes)
                throw warp.Fault(FaultKind.OutOfBounds, Invariant($"{bytes} bytes at offset {offset} of {shared.Bytes} bytes of shared memory"),
                    lane);
            warp.Addresses.Pointer[lane] = shared.Data + offset;
            byte* state = shared.State + offset;
            if (checksWritten) CheckWritten(warp, lane, state, offset, bytes);
            if (writes) new Span<byte>(state, bytes).Fill(ByteState.Written);
            if (races is not null) CheckRace(warp, races, lane, (int)offset, bytes, access);
        }
        warp.Block.Counts?.NoteShared(warp, lanes, bytes, access);
    }

    /// <summary>Makes the destination of an asynchronous copy unreadable until it has arrived; its access has been resolved.</summary>
    public static void MarkPending(Warp warp, int offset, int bytes) =>
        new Span<byte>(warp.Block.Shared.State + offset, bytes).Fill(ByteState.Pending);

    /// <summary>Makes the destination of a bulk copy readable: a thread has waited for it.</summary>
    public static void MarkArrived(Warp warp, int offset, int bytes) =>
        new Span<byte>(warp.Block.Shared.State + offset, bytes).Fill(ByteState.Written);

    /// <summary>Stores what an asynchronous copy has brought. It counts as a write by the lane that waited for it.</summary>
    /// <param name="warp">Its warp.</param>
    /// <param name="lane">Its lane.</param>
    /// <param name="offset">First byte; the access has been resolved when the copy was started.</param>
    /// <param name="data">What to store.</param>
    public static void Land(Warp warp, int lane, int offset, ReadOnlySpan<byte> data)
    {
        BlockMemory shared = warp.Block.Shared;
        data.CopyTo(new Span<byte>(shared.Data + offset, data.Length));
        new Span<byte>(shared.State + offset, data.Length).Fill(ByteState.Written);
        if (warp.Block.SharedRaces is SharedRaces races) CheckRace(warp, races, lane, offset, data.Length, AccessKind.Write);
    }

    private static void CheckRace(Warp warp, SharedRaces races, int lane, int offset, int bytes, AccessKind access)
    {
        bool writes = access.HasFlag(AccessKind.Write), isAtomic = access.HasFlag(AccessKind.Atomic);
        int other = isAtomic
            ? races.AccessAtomically(warp.Index, lane, offset, bytes, access) : races.Access(warp.Index, lane, offset, bytes, writes);
        if (other == -1) return;
        string verb = (writes ? "writes" : "reads") + (isAtomic ? " atomically" : "");
        string who = other < 0 ? "several threads" : $"thread {warp.Block.ThreadName(other)}";
        throw warp.Fault(FaultKind.SharedRace,
            Invariant($"{verb} {bytes} bytes of shared memory at offset {offset} that {who} accessed since the last barrier"), lane);
    }

    private static void CheckWritten(Warp warp, int lane, byte* state, ulong offset, int bytes)
    {
        if (new ReadOnlySpan<byte>(state, bytes).IndexOfAnyExcept(ByteState.Written) < 0) return;
        for (int i = 0; i < bytes; i++)
        {
            if (state[i] == ByteState.Written) continue;
            throw state[i] == ByteState.Pending
                ? warp.Fault(FaultKind.PendingCopy, Invariant($"reads shared memory at offset {offset}: the copy to it was not waited for"), lane)
                : warp.Fault(FaultKind.Unwritten, Invariant($"reads shared memory at offset {offset} that nobody has written"), lane);
        }
    }
}
