using System.Runtime.InteropServices;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Checks;

/// <summary>
/// Finds two blocks of one launch that touch the same bytes of device memory, one of them writing, with nothing that puts one before the other.
/// For every 4 bytes it keeps the last block that wrote and the last that read, of this launch. Volatile, acquire, release and atomic
/// accesses are no races; with fences they put plain ones in order (<see cref="BlockOrder"/>).
/// </summary>
internal sealed unsafe class GlobalRaces : IDisposable
{
    private const int StampShift = 20, BlockShift = 4;
    private const uint BlockMask = (1u << (StampShift - BlockShift)) - 1, ManyBlocks = BlockMask, Bytes = (1u << BlockShift) - 1;
    private readonly GlobalMemory memory;
    private readonly uint* writes;                       // stamp 12 | block 16 | bytes 4
    private readonly uint* reads;

    /// <summary>Nothing is known yet.</summary>
    /// <param name="memory">The device's memory.</param>
    public GlobalRaces(GlobalMemory memory)
    {
        this.memory = memory;
        writes = (uint*)NativeMemory.AllocZeroed((nuint)(memory.Capacity / 4) + 1, sizeof(uint));
        reads = (uint*)NativeMemory.AllocZeroed((nuint)(memory.Capacity / 4) + 1, sizeof(uint));
    }

    /// <summary>What the blocks of the launch have told each other.</summary>
    public PublishedOrder Published { get; } = new();

    /// <summary>How records name a block; those 65535 apart share a name, and races between them are not found.</summary>
    public static uint NameOf(long block) => (uint)(block % ManyBlocks);

    /// <summary>A new launch: nothing of earlier ones counts.</summary>
    /// <param name="blocks">Its blocks.</param>
    public void Begin(long blocks)
    {
        if (Published.Begin(blocks)) return;
        foreach ((ulong start, ulong bytes) in memory.Allocations()) Forget(start, bytes);
    }

    /// <summary>Forgets what is known of memory that is allocated anew.</summary>
    public void Forget(ulong start, ulong bytes)
    {
        nuint first = (nuint)((start - memory.Base) / 4), count = (nuint)((bytes + 3) / 4);
        NativeMemory.Clear(writes + first, count * sizeof(uint));
        NativeMemory.Clear(reads + first, count * sizeof(uint));
    }

    /// <summary>Notes an access that is not atomic.</summary>
    /// <param name="order">The block's.</param>
    /// <param name="address">First byte; inside an allocation.</param>
    /// <param name="bytes">1 to 32.</param>
    /// <param name="isWrite">Else it reads.</param>
    /// <returns>The number of the block that this races with (as far as 16 bits tell), or -1. -2 where several do.</returns>
    public int Access(BlockOrder order, ulong address, int bytes, bool isWrite)
    {
        ulong offset = address - memory.Base;
        uint mine = (order.Stamp << StampShift) | (order.Block << BlockShift), first = Published.FirstStamp;
        ulong last = (offset + (ulong)bytes - 1) >> 2;
        for (ulong granule = offset >> 2; granule <= last; granule++)
        {
            long start = (long)offset - (long)(granule * 4);
            int from = (int)Math.Max(start, 0), to = (int)Math.Min(start + bytes, 4);
            uint mask = ((1u << to) - 1) & ~((1u << from) - 1);
            uint* kept = isWrite ? writes : reads;
            uint before = kept[granule];
            kept[granule] = Join(before, mine, mask, order, first);     // first, so that of two at once one sees the other
            int other = Conflict(isWrite ? before : writes[granule], mask, order, first);
            if (isWrite && other == -1) other = Conflict(reads[granule], mask, order, first);
            if (other != -1) return other;
        }
        return -1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(writes);
        NativeMemory.Free(reads);
    }

    private static uint OwnerOf(uint record) => (record >> BlockShift) & BlockMask;

    private static int Conflict(uint record, uint mask, BlockOrder order, uint firstStamp)
    {
        if (record >> StampShift < firstStamp || (record & mask) == 0) return -1;
        uint owner = OwnerOf(record);
        if (owner == order.Block || IsBefore(record, owner, order)) return -1;
        return owner == ManyBlocks ? -2 : (int)owner;
    }

    // Of several blocks the record does not tell which; then all of the launch have to be known.
    private static bool IsBefore(uint record, uint owner, BlockOrder order) =>
        order.KnowsOthers && (owner == ManyBlocks ? order.KnowsAll() : order.Knows(owner, record >> StampShift));

    private static uint Join(uint record, uint mine, uint mask, BlockOrder order, uint firstStamp)
    {
        if (record >> StampShift < firstStamp) return mine | mask;
        uint owner = OwnerOf(record);
        if (owner == order.Block) return mine | mask | (record & Bytes);
        if ((record & mask) == 0 || IsBefore(record, owner, order)) return mine | mask;
        uint stamp = Math.Max(record, mine) >> StampShift;
        return (stamp << StampShift) | (ManyBlocks << BlockShift) | mask | (record & Bytes);
    }
}
