using System.Runtime.InteropServices;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Checks;

/// <summary>
/// Finds two blocks of one launch that touch the same bytes of device memory, one of them writing, without atomics. For every 4 bytes it keeps the
/// last block that wrote and the last that read, of this launch. Fences are not followed: what one block publishes to another by plain
/// stores and a fence is reported; volatile, acquire, release and atomic accesses are not.
/// </summary>
internal sealed unsafe class GlobalRaces : IDisposable
{
    private const int BlockBits = 20;
    private const uint BlockMask = (1u << BlockBits) - 1, ManyBlocks = BlockMask, LastEpoch = 255;
    private readonly GlobalMemory memory;
    private readonly uint* writes;                       // epoch 8 | block 20 | bytes 4
    private readonly uint* reads;
    private uint epoch;

    /// <summary>Nothing is known yet.</summary>
    /// <param name="memory">The device's memory.</param>
    public GlobalRaces(GlobalMemory memory)
    {
        this.memory = memory;
        writes = (uint*)NativeMemory.AllocZeroed((nuint)(memory.Capacity / 4) + 1, sizeof(uint));
        reads = (uint*)NativeMemory.AllocZeroed((nuint)(memory.Capacity / 4) + 1, sizeof(uint));
    }

    /// <summary>A new launch: nothing of earlier ones counts.</summary>
    public void Begin()
    {
        if (++epoch <= LastEpoch) return;
        foreach ((ulong start, ulong bytes) in memory.Allocations())
        {
            nuint first = (nuint)((start - memory.Base) / 4), count = (nuint)((bytes + 3) / 4);
            NativeMemory.Clear(writes + first, count * sizeof(uint));
            NativeMemory.Clear(reads + first, count * sizeof(uint));
        }
        epoch = 1;
    }

    /// <summary>Forgets what is known of memory that is allocated anew.</summary>
    public void Forget(ulong start, ulong bytes)
    {
        nuint first = (nuint)((start - memory.Base) / 4), count = (nuint)((bytes + 3) / 4);
        NativeMemory.Clear(writes + first, count * sizeof(uint));
        NativeMemory.Clear(reads + first, count * sizeof(uint));
    }

    /// <summary>Notes an access.</summary>
    /// <param name="block">The block's number.</param>
    /// <param name="address">First byte; inside an allocation.</param>
    /// <param name="bytes">1 to 32.</param>
    /// <param name="isWrite">Else it reads.</param>
    /// <returns>The number of the block that this races with (as far as 20 bits tell), or -1. -2 where several do.</returns>
    public int Access(long block, ulong address, int bytes, bool isWrite)
    {
        ulong offset = address - memory.Base;
        uint mine = (uint)(block % ManyBlocks);
        ulong last = (offset + (ulong)bytes - 1) >> 2;
        for (ulong granule = offset >> 2; granule <= last; granule++)
        {
            long start = (long)offset - (long)(granule * 4);
            int from = (int)Math.Max(start, 0), to = (int)Math.Min(start + bytes, 4);
            uint mask = ((1u << to) - 1) & ~((1u << from) - 1);
            uint* kept = isWrite ? writes : reads;
            kept[granule] = Join(kept[granule], mine, mask);
            int other = Conflict(writes[granule], mine, mask);
            if (isWrite && other == -1) other = Conflict(reads[granule], mine, mask);
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

    private int Conflict(uint record, uint block, uint mask)
    {
        if (record >> 24 != epoch || (record & mask) == 0) return -1;
        uint owner = (record >> 4) & BlockMask;
        return owner == ManyBlocks ? -2 : owner == block ? -1 : (int)owner;
    }

    private uint Join(uint record, uint block, uint mask)
    {
        uint mine = (epoch << 24) | (block << 4) | mask;
        if (record >> 24 != epoch) return mine;
        uint owner = (record >> 4) & BlockMask;
        if (owner == block) return mine | (record & 0xf);
        return (record & mask) == 0 ? mine : (epoch << 24) | (ManyBlocks << 4) | mask | (record & 0xf);
    }
}
