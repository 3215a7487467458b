namespace Ditto.Emulation.Counting;

/// <summary>
/// A second-level cache of the target's size: 16 ways of 32-byte sectors, the least recently used one leaves, written sectors go to DRAM when they
/// leave or at the launch's end. It is empty when a launch begins, as benchmarks with a cold cache have it. The blocks that the GPU holds at
/// a time take turns, a run of up to 127 neighbouring sectors each, in the order of their numbers; the next ones follow when all have ended. So
/// what is counted depends on the launch and the target only, not on which thread ran which block.
/// </summary>
/// <remarks>Left out: lines of four sectors, the fill of sectors that are written in part, and the two halves of some caches.</remarks>
internal sealed class L2Model
{
    private const int Ways = 16;
    private const ulong Dirty = 1;
    private readonly Lock gate = new();
    private readonly Dictionary<long, ulong[]> ended = [];
    private readonly ulong[] entries;                            // (sector + 1) * 2 + dirty, a set's last used one first; 0 is empty
    private readonly uint[] used;                                // the launch that a set's entries are of
    private uint launch;
    private long next, waveBlocks, blocks, dirty;

    /// <summary>An empty cache.</summary>
    /// <param name="bytes">Its size, at least that of a set.</param>
    public L2Model(long bytes)
    {
        used = new uint[Math.Max(1, bytes / SectorTrace.SectorBytes / Ways)];
        entries = new ulong[used.LongLength * Ways];
    }

    /// <summary>Sectors that were asked for.</summary>
    public long Sectors { get; private set; }

    /// <summary>Sectors that came from DRAM.</summary>
    public long Reads { get; private set; }

    /// <summary>Sectors that went to DRAM.</summary>
    public long Writes { get; private set; }

    /// <summary>Empties the cache for a launch.</summary>
    /// <param name="blockCount">Blocks of the launch.</param>
    /// <param name="blocksPerWave">Blocks that the GPU holds at a time.</param>
    public void Begin(long blockCount, long blocksPerWave)
    {
        ended.Clear();
        launch++;
        next = dirty = 0;
        (blocks, waveBlocks) = (blockCount, blocksPerWave);
        Sectors = Reads = Writes = 0;
    }

    /// <summary>A block has ended. Blocks may end in any order and on any thread.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="runs">What it asked for, by <see cref="SectorTrace"/>.</param>
    public void Add(long block, ulong[] runs)
    {
        lock (gate)
        {
            ended[block] = runs;
            while (next < blocks && HasWave()) PlayWave();
        }
    }

    /// <summary>Every block has ended: what is still dirty goes to DRAM.</summary>
    public void End()
    {
        Writes += dirty;
        dirty = 0;
    }

    private long WaveEnd => Math.Min(next + waveBlocks, blocks);

    private bool HasWave()
    {
        if (ended.Count < WaveEnd - next) return false;
        for (long block = next; block < WaveEnd; block++) if (!ended.ContainsKey(block)) return false;
        return true;
    }

    private void PlayWave()
    {
        List<ulong[]> playing = [];
        for (long block = next; block < WaveEnd; block++)
        {
            ended.Remove(block, out ulong[]? runs);
            playing.Add(runs!);
        }
        next = WaveEnd;
        for (int turn = 0; playing.Count > 0; turn++)
        {
            playing.RemoveAll(runs => runs.Length <= turn);
            foreach (ulong[] runs in playing)
            {
                (ulong first, int length, bool isWrite) = SectorTrace.Unpack(runs[turn]);
                for (int i = 0; i < length; i++) Access(first + (ulong)i, isWrite);
            }
        }
    }

    private void Access(ulong sector, bool isWrite)
    {
        Sectors++;
        long set = (long)((sector * 0x9e3779b97f4a7c15ul >> 32) * (ulong)used.LongLength >> 32);
        Span<ulong> ways = entries.AsSpan((int)(set * Ways), Ways);
        if (used[set] != launch)
        {
            ways.Clear();
            used[set] = launch;
        }
        ulong clean = (sector + 1) << 1, entry = clean;
        int place = 0;
        while (place < Ways - 1 && ways[place] != 0 && (ways[place] & ~Dirty) != clean) place++;
        bool hit = (ways[place] & ~Dirty) == clean;
        if (hit)
        {
            entry = ways[place];
        }
        else
        {
            if ((ways[place] & Dirty) != 0)                      // the last way leaves
            {
                Writes++;
                dirty--;
            }
            if (!isWrite) Reads++;
        }
        if (isWrite && (entry & Dirty) == 0)
        {
            entry |= Dirty;
            dirty++;
        }
        ways[..place].CopyTo(ways[1..]);
        ways[0] = entry;
    }
}
