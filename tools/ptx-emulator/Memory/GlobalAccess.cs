using System.Runtime.Intrinsics;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Memory;

/// <summary>Accesses to device memory.</summary>
internal static unsafe class GlobalAccess
{
    /// <summary>Finds and checks each lane's memory; <see cref="Warp.Addresses"/> holds device addresses.</summary>
    public static void Resolve(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        ThreadBlock block = warp.Block;
        GlobalMemory memory = block.Memory;
        bool reads = access.HasFlag(AccessKind.Read), writes = access.HasFlag(AccessKind.Write);
        ulong start = memory.Base, capacity = memory.Capacity;
        byte* states = memory.State;
        bool checksWritten = reads && block.Checks.Unwritten;
        GlobalRaces? races = access.HasFlag(AccessKind.Atomic) ? null : block.GlobalRaces;
        BlockOrder? order = block.Order;
        if (access.HasFlag(AccessKind.Atomic))
        {
            block.LooksAtOthers = true;
            if (order is not null) NoteOrder(warp, lanes, order, access);
        }
        block.Counts?.NoteGlobal(warp, lanes, bytes, access);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong address = warp.Addresses.Address[lane], offset = address - start;
            bool isInside = offset <= capacity - (ulong)bytes, isAllocated = isInside && IsAllocated(states + offset, bytes);
            if (!isAllocated && (!isInside || block.Checks.Bounds))
                throw warp.Fault(FaultKind.OutOfBounds, Describe(memory, address, bytes, writes), lane);
            warp.Addresses.Pointer[lane] = (byte*)address;
            if (!isAllocated) continue;                  // nothing is known of it
            byte* state = states + offset;
            if (checksWritten && !IsWritten(state, bytes))
                throw warp.Fault(FaultKind.Unwritten,
                    Invariant($"reads {bytes} bytes at 0x{address:x} that nobody has written, {Place(memory, address)}"), lane);
            if (writes) MarkWritten(state, bytes);
            if (races is null) continue;
            int other = races.Access(order!, address, bytes, writes);
            if (other == -1) continue;
            string who = other < 0 ? "several blocks have" : Invariant($"block {other} has");
            throw warp.Fault(FaultKind.GlobalRace,
                $"{Describe(memory, address, bytes, writes)}, which {who} accessed in this launch", lane);
        }
        if (writes && memory.Writers is WriterLog log) log.Note(warp, lanes, bytes);
    }

    private static void NoteOrder(Warp warp, uint lanes, BlockOrder order, AccessKind access)
    {
        bool reads = access.HasFlag(AccessKind.Read), writes = access.HasFlag(AccessKind.Write);
        bool acquires = access.HasFlag(AccessKind.Acquire), releases = access.HasFlag(AccessKind.Release);
        order.Settle();
        for (uint left = lanes; left != 0; left &= left - 1)
            order.Note(warp.Addresses.Address[Lanes.First(left)], reads, writes, acquires, releases);
    }

    private static bool IsAllocated(byte* state, int bytes) => bytes switch
    {
        1 => *state != 0,
        2 => state[0] != 0 && state[1] != 0,
        4 => HasNoZero(*(uint*)state),
        _ => AllHaveNoZero(state, bytes),
    };

    private static bool AllHaveNoZero(byte* state, int bytes)
    {
        for (int i = 0; i < bytes; i += 4) if (!HasNoZero(*(uint*)(state + i))) return false;
        return true;
    }

    private static bool HasNoZero(uint states) => ((states | (states >> 1)) & 0x01010101u) == 0x01010101u;

    private static bool IsWritten(byte* state, int bytes)
    {
        if (bytes == 4) return *(uint*)state == 0x03030303u;
        if (bytes == 16) return Vector128.EqualsAll(Vector128.Load(state), Vector128.Create(ByteState.Written));
        for (int i = 0; i < bytes; i++) if (state[i] != ByteState.Written) return false;
        return true;
    }

    private static void MarkWritten(byte* state, int bytes)
    {
        if (bytes == 4) *(uint*)state = 0x03030303u;
        else new Span<byte>(state, bytes).Fill(ByteState.Written);
    }

    private static string Describe(GlobalMemory memory, ulong address, int bytes, bool writes) =>
        Invariant($"{(writes ? "writes" : "reads")} {bytes} bytes at 0x{address:x}, {Place(memory, address)}");

    private static string Place(GlobalMemory memory, ulong address)
    {
        if (memory.TryFind(address, out ulong start, out ulong size))
            return Invariant($"byte {address - start} of the {size} bytes at 0x{start:x}");
        foreach ((ulong first, ulong bytes) in memory.Allocations())
            if (address >= first
                && address < first + bytes + 4096) return Invariant($"{address - first - bytes} bytes behind the {bytes} bytes at 0x{first:x}");
        return "in no allocation";
    }
}
