using System.Runtime.CompilerServices;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Counting;

/// <summary>
/// What one worker counts while it runs blocks of a launch. Sums and a maximum, so that it does not matter which worker runs which block.
/// </summary>
internal sealed unsafe class WorkerCounts
{
    private const int Banks = 32, BankBytes = 4;

    private readonly L2Model cache;
    private readonly long[] warpInstructions = new long[Enum.GetValues<InstructionClass>().Length];
    private readonly long[] laneInstructions = new long[Enum.GetValues<InstructionClass>().Length];
    private readonly long[] tensorFlops = new long[Enum.GetValues<TensorKind>().Length];
    private GlobalTraffic reads, writes;
    private long sharedRequests, sharedPasses, idealPasses, float32Flops;
    private int worstConflict;

    /// <summary>Nothing is counted yet.</summary>
    /// <param name="cache">Gets each block's sectors when it ends.</param>
    public WorkerCounts(L2Model cache) => this.cache = cache;

    /// <summary>What workers have counted together.</summary>
    /// <param name="workers">Those of one launch.</param>
    /// <param name="cache">The launch's cache.</param>
    public static LaunchCounts Sum(IReadOnlyList<WorkerCounts> workers, L2Model cache) => new()
    {
        WarpInstructions = Sum(workers, worker => worker.warpInstructions, Enum.GetValues<InstructionClass>().Length),
        LaneInstructions = Sum(workers, worker => worker.laneInstructions, Enum.GetValues<InstructionClass>().Length),
        TensorFlops = Sum(workers, worker => worker.tensorFlops, Enum.GetValues<TensorKind>().Length),
        Reads = workers.Aggregate(default(GlobalTraffic), (sum, worker) => sum + worker.reads),
        Writes = workers.Aggregate(default(GlobalTraffic), (sum, worker) => sum + worker.writes),
        SharedRequests = workers.Sum(worker => worker.sharedRequests),
        SharedPasses = workers.Sum(worker => worker.sharedPasses),
        IdealPasses = workers.Sum(worker => worker.idealPasses),
        WorstConflict = workers.Select(worker => worker.worstConflict).DefaultIfEmpty().Max(),
        Float32Flops = workers.Sum(worker => worker.float32Flops),
        L2Sectors = cache.Sectors,
        DramReadBytes = cache.Reads * SectorTrace.SectorBytes,
        DramWriteBytes = cache.Writes * SectorTrace.SectorBytes,
    };

    /// <summary>An instruction runs for some lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(Instruction instruction, uint lanes)
    {
        int kind = (int)instruction.Kind, count = Lanes.CountOf(lanes);
        warpInstructions[kind]++;
        laneInstructions[kind] += count;
        float32Flops += instruction.Float32Flops * count;
    }

    /// <summary>Tensor cores work for a warp.</summary>
    /// <param name="kind">What they multiply.</param>
    /// <param name="operations">2 M N K of the whole warp.</param>
    /// <param name="lanes">The lanes that take part; each stands for its share.</param>
    public void NoteTensor(TensorKind kind, long operations, uint lanes) =>
        tensorFlops[(int)kind] += operations / Lanes.Count * Lanes.CountOf(lanes);

    /// <summary>A block has ended.</summary>
    public void EndBlock(ThreadBlock block) => cache.Add(block.LinearIndex, block.Trace!.Take());

    /// <summary>Lanes access device memory: their addresses are in <see cref="Warp.Addresses"/>.</summary>
    public void NoteGlobal(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        ulong* places = stackalloc ulong[Lanes.Count], sectors = stackalloc ulong[Lanes.Count];
        int distinct = 0, count = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            ulong address = warp.Addresses.Address[Lanes.First(left)];
            if (!Add(places, ref distinct, address)) continue;
            Add(sectors, ref count, address / SectorTrace.SectorBytes);
        }
        bool writing = access.HasFlag(AccessKind.Write);
        GlobalTraffic request = new(1, count, ((distinct * (long)bytes) + SectorTrace.SectorBytes - 1) / SectorTrace.SectorBytes);
        if (writing) writes += request;
        else reads += request;
        SectorTrace trace = warp.Block.Trace!;
        for (int i = 0; i < count; i++)
        {
            if (access.HasFlag(AccessKind.Read)) trace.Note(sectors[i], isWrite: false);
            if (writing) trace.Note(sectors[i], isWrite: true);
        }
    }

    /// <summary>Lanes access shared memory: their offsets are in <see cref="Warp.Addresses"/>.</summary>
    public void NoteShared(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        if (access.HasFlag(AccessKind.Atomic)) return;
        int wordsPerLane = Math.Max(bytes / BankBytes, 1), lanesPerPass = Lanes.Count / wordsPerLane;
        uint group = lanesPerPass == Lanes.Count ? Lanes.All : (1u << lanesPerPass) - 1;
        uint* words = stackalloc uint[Lanes.Count * 4];
        int* perBank = stackalloc int[Banks];
        sharedRequests++;
        for (int first = 0; first < Lanes.Count; first += lanesPerPass)
        {
            uint asking = lanes & (group << first);
            if (asking == 0) continue;
            int most = Conflict(warp, asking, wordsPerLane, words, perBank);
            sharedPasses += most;
            idealPasses++;
            worstConflict = Math.Max(worstConflict, most);
        }
    }

    private static int Conflict(Warp warp, uint lanes, int wordsPerLane, uint* words, int* perBank)
    {
        uint* first = stackalloc uint[Banks];            // the first word that each bank was asked for; further ones are rare, and listed
        new Span<int>(perBank, Banks).Clear();
        int further = 0, most = 1;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            uint word = (uint)(warp.Addresses.Address[Lanes.First(left)] / BankBytes);
            for (int n = 0; n < wordsPerLane; n++, word++)
            {
                uint bank = word % Banks;
                if (perBank[bank] == 0)
                {
                    first[bank] = word;
                    perBank[bank] = 1;
                }
                else if (first[bank] != word && !new ReadOnlySpan<uint>(words, further).Contains(word))
                {
                    words[further++] = word;
                    most = Math.Max(most, ++perBank[bank]);
                }
            }
        }
        return most;
    }

    private static bool Add(ulong* list, ref int count, ulong value)
    {
        if (count > 0 && (list[count - 1] == value || new ReadOnlySpan<ulong>(list, count).Contains(value))) return false;
        list[count++] = value;
        return true;
    }

    private static long[] Sum(IReadOnlyList<WorkerCounts> workers, Func<WorkerCounts, long[]> get, int length)
    {
        long[] sum = new long[length];
        foreach (WorkerCounts worker in workers)
            for (int i = 0; i < length; i++) sum[i] += get(worker)[i];
        return sum;
    }
}
