using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Checks;

/// <summary>
/// Finds two threads of a block that touch the same bytes of shared memory, one of them writing, with no barrier between. For every 4 bytes it
/// keeps the last write, the last reads and the last atomic accesses, which race with plain ones only; a stamp that grows with each barrier
/// tells what lies before which barrier. A fence, an atomic write, an atomic read of the same place and a fence put accesses in order, too.
/// </summary>
internal sealed unsafe class SharedRaces : IDisposable
{
    private const int Many = 63;                         // several lanes of the warp, or several warps
    private const int WrittenBits = 4;
    private readonly ulong* writes;                      // stamp 32 | warp 8 | lane 8 | bytes 4
    private readonly ulong* reads;
    private readonly ulong* atomics;                     // the same, and which of the bytes were written in the next 4 bits
    private readonly Dictionary<int, uint[]> published = [];   // for each granule what lies before its last atomic write
    private readonly List<uint[]>[] observed;            // by warp: what lies before the writes that it has read, until its next fence
    private readonly uint[] fenced;                      // by warp: the stamp of its last fence; 0 for none
    private bool hasAtomics;
    private readonly int granules, warpCount;
    private readonly uint[] seen;                        // (warp, other): stamps of the other up to which all lies before the warp's next access
    private readonly uint[] seenOfAll;                   // the least of a warp's row, its own lanes included
    private uint now;

    /// <summary>Nothing is known yet.</summary>
    /// <param name="bytes">Of shared memory.</param>
    /// <param name="warps">Of the block.</param>
    public SharedRaces(int bytes, int warps)
    {
        granules = (bytes + 3) / 4;
        warpCount = warps;
        writes = (ulong*)NativeMemory.AllocZeroed((nuint)Math.Max(granules, 1), sizeof(ulong));
        reads = (ulong*)NativeMemory.AllocZeroed((nuint)Math.Max(granules, 1), sizeof(ulong));
        atomics = (ulong*)NativeMemory.AllocZeroed((nuint)Math.Max(granules, 1), sizeof(ulong));
        observed = [.. Enumerable.Range(0, warps).Select(_ => new List<uint[]>())];
        fenced = new uint[warps];
        seen = new uint[warps * warps];
        seenOfAll = new uint[warps];
        now = 1;
    }

    /// <summary>A new block: everything before lies before it.</summary>
    public void Forget()
    {
        Array.Fill(seen, now);
        Array.Fill(seenOfAll, now);
        now++;
        if (!hasAtomics) return;
        hasAtomics = false;
        published.Clear();
        Array.Clear(fenced);
        foreach (List<uint[]> warp in observed) warp.Clear();
    }

    /// <summary>Warps pass a barrier together: what they have done lies before what they will do.</summary>
    public void Synchronize(IEnumerable<int> warps)
    {
        int[] together = [.. warps.Distinct()];
        for (int other = 0; other < warpCount; other++)
        {
            uint most = 0;
            foreach (int warp in together) most = Math.Max(most, seen[(warp * warpCount) + other]);
            foreach (int warp in together) seen[(warp * warpCount) + other] = most;
        }
        foreach (int warp in together)
            foreach (int other in together) seen[(warp * warpCount) + other] = now;
        foreach (int warp in together) seenOfAll[warp] = LeastSeen(warp);
        now++;
    }

    /// <summary>The lanes of one warp pass <c>bar.warp.sync</c> together.</summary>
    public void SynchronizeLanes(int warp)
    {
        seen[(warp * warpCount) + warp] = now;
        seenOfAll[warp] = LeastSeen(warp);
        now++;
    }

    /// <summary>Adds what lies before a warp's arrival at an mbarrier to what lies before those who wait for it.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="before">For each warp of the block the latest stamp.</param>
    public void Release(int warp, uint[] before)
    {
        for (int other = 0; other < warpCount; other++) before[other] = Math.Max(before[other], seen[(warp * warpCount) + other]);
        before[warp] = now;
        now++;
    }

    /// <summary>A warp has waited: what <see cref="Release"/> collected lies before its next access.</summary>
    public void Acquire(int warp, uint[] before)
    {
        for (int other = 0; other < warpCount; other++)
            seen[(warp * warpCount) + other] = Math.Max(seen[(warp * warpCount) + other], before[other]);
        seenOfAll[warp] = LeastSeen(warp);
    }

    /// <summary>Notes an access of one lane.</summary>
    /// <param name="warp">Its warp.</param>
    /// <param name="lane">Its lane.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">1 to 16.</param>
    /// <param name="isWrite">Else it reads.</param>
    /// <returns>The thread that this access races with, or -1. -2 where several do.</returns>
    public int Access(int warp, int lane, int offset, int bytes, bool isWrite)
    {
        if (bytes == 16 && (offset & 15) == 0 && TryWhole(warp, lane, offset >> 2, isWrite)) return -1;
        int last = (offset + bytes - 1) >> 2;
        for (int granule = offset >> 2; granule <= last; granule++)
        {
            int from = Math.Max(offset - (granule * 4), 0), to = Math.Min(offset + bytes - (granule * 4), 4);
            uint mask = ((1u << to) - 1) & ~((1u << from) - 1);
            int other = Conflict(writes[granule], warp, lane, mask);
            if (isWrite && other == -1) other = Conflict(reads[granule], warp, lane, mask);
            if (hasAtomics && other == -1) other = Conflict(atomics[granule], warp, lane, isWrite ? mask : mask << WrittenBits);
            if (other != -1) return other;
            if (isWrite) writes[granule] = Join(writes[granule], warp, lane, mask);
            else reads[granule] = Join(reads[granule], warp, lane, mask);
        }
        return -1;
    }

    /// <summary>Notes an atomic access of one lane: it races with plain ones only.</summary>
    /// <returns>As <see cref="Access"/>.</returns>
    public int AccessAtomically(int warp, int lane, int offset, int bytes, AccessKind access)
    {
        bool isWrite = access.HasFlag(AccessKind.Write);
        hasAtomics = true;
        int last = (offset + bytes - 1) >> 2;
        for (int granule = offset >> 2; granule <= last; granule++)
        {
            int from = Math.Max(offset - (granule * 4), 0), to = Math.Min(offset + bytes - (granule * 4), 4);
            uint mask = ((1u << to) - 1) & ~((1u << from) - 1);
            if (access.HasFlag(AccessKind.Read) && published.TryGetValue(granule, out uint[]? before))
            {
                if (access.HasFlag(AccessKind.Acquire)) Acquire(warp, before);
                else if (!observed[warp].Contains(before)) observed[warp].Add(before);
            }
            int other = Conflict(writes[granule], warp, lane, mask);
            if (isWrite && other == -1) other = Conflict(reads[granule], warp, lane, mask);
            if (other != -1) return other;
            atomics[granule] = Join(atomics[granule], warp, lane, isWrite ? mask | (mask << WrittenBits) : mask);
            if (isWrite) Publish(warp, granule, access.HasFlag(AccessKind.Release));
        }
        return -1;
    }

    /// <summary>A warp's fence: what it did lies before what others do once they have read an atomic write that it does from now on.</summary>
    public void Fence(int warp)
    {
        fenced[warp] = now++;
        hasAtomics = true;
        foreach (uint[] before in observed[warp]) Acquire(warp, before);
        observed[warp].Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(atomics);
        NativeMemory.Free(writes);
        NativeMemory.Free(reads);
    }

    private void Publish(int warp, int granule, bool releases)
    {
        uint stamp = releases ? now++ : fenced[warp];
        if (stamp == 0) return;
        if (!published.TryGetValue(granule, out uint[]? before)) published[granule] = before = new uint[warpCount];
        for (int other = 0; other < warpCount; other++) before[other] = Math.Max(before[other], seen[(warp * warpCount) + other]);
        before[warp] = Math.Max(before[warp], stamp);
    }

    private uint LeastSeen(int warp)
    {
        uint least = uint.MaxValue;
        foreach (uint stamp in seen.AsSpan(warp * warpCount, warpCount)) least = Math.Min(least, stamp);
        return least;
    }

    /// <summary>Four granules at once, where all they know lies before this access or is the lane's own.</summary>
    private bool TryWhole(int warp, int lane, int granule, bool isWrite)
    {
        Vector256<ulong> mine = Vector256.Create(((ulong)now << 32) | ((ulong)warp << 24) | ((ulong)lane << 16) | 0xf);
        Vector256<ulong> written = Clear(Vector256.Load(writes + granule), mine, seenOfAll[warp]);
        Vector256<ulong> read = Clear(Vector256.Load(reads + granule), mine, seenOfAll[warp]);
        Vector256<ulong> all = written & read;
        if (hasAtomics) all &= Clear(Vector256.Load(atomics + granule), mine, seenOfAll[warp]);
        if (!Vector256.EqualsAll(all, Vector256<ulong>.AllBitsSet)) return false;
        Vector256.Store(mine, (isWrite ? writes : reads) + granule);
        return true;
    }

    private static Vector256<ulong> Clear(Vector256<ulong> records, Vector256<ulong> mine, uint before)
    {
        Vector256<ulong> isOwn = Vector256.Equals((records ^ mine) & Vector256.Create(0xffff_0000ul), Vector256<ulong>.Zero);
        return Vector256.LessThanOrEqual(records >> 32, Vector256.Create((ulong)before)) | isOwn;
    }

    private int Conflict(ulong record, int warp, int lane, uint mask)
    {
        uint stamp = (uint)(record >> 32);
        if (stamp <= seenOfAll[warp] || ((uint)record & mask) == 0) return -1;
        int owner = (int)(record >> 24) & 0xff, ownerLane = (int)(record >> 16) & 0xff;
        if (owner == Many) return -2;
        if (owner == warp && ownerLane == lane) return -1;
        if (stamp <= seen[(warp * warpCount) + owner]) return -1;
        return ownerLane == Many ? -2 : (owner * Lanes.Count) + ownerLane;
    }

    private ulong Join(ulong record, int warp, int lane, uint mask)
    {
        ulong mine = ((ulong)now << 32) | ((ulong)warp << 24) | ((ulong)lane << 16) | mask;
        uint stamp = (uint)(record >> 32);
        if (stamp <= seenOfAll[warp]) return mine;
        int owner = (int)(record >> 24) & 0xff, ownerLane = (int)(record >> 16) & 0xff;
        if (owner == warp && ownerLane == lane) return mine | (record & 0xff);
        ulong joined = ((ulong)now << 32) | mask | (record & 0xff);
        return owner == warp ? joined | ((ulong)warp << 24) | ((ulong)Many << 16) : joined | ((ulong)Many << 24) | ((ulong)Many << 16);
    }
}
