using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Decoding;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Execution;

/// <summary>
/// Runs blocks of a launch on one thread, one after the other. A block that has long looked at what others write is set back, and further
/// blocks are begun: it may wait for one of them, as the blocks of a grid-wide barrier do.
/// </summary>
/// <param name="launch">The launch.</param>
/// <param name="memory">Device memory.</param>
/// <param name="checks">Which rules are checked.</param>
/// <param name="races">Of the launch, between blocks; null where not checked.</param>
/// <param name="queue">The launch's blocks.</param>
/// <param name="counts">Where this worker counts; null where nobody asks.</param>
internal sealed class BlockWorker(
    KernelLaunch launch, GlobalMemory memory, CheckOptions checks, GlobalRaces? races, BlockQueue queue, WorkerCounts? counts) : IDisposable
{
    private const int MostBegun = 1024, TurnsAfterFault = 64, LimitOfAll = 4;
    private const long MostBytes = 256 << 20;            // of registers and shared memory of begun blocks
    private readonly Stack<ThreadBlock> spare = new();
    private readonly Queue<ThreadBlock> setBack = new();
    private int turnsAfterFault;
    private long stepsInVain;                            // of set-back blocks, since one has ended

    /// <summary>Runs until no block is left.</summary>
    public void Run()
    {
        int most = (int)Math.Clamp(MostBytes / BytesOf(launch), 1, MostBegun);
        bool isEmpty = false;
        while (true)
        {
            if (setBack.Count < most && !isEmpty)
            {
                isEmpty = !queue.TryTake(out long index);
                if (isEmpty) continue;
                if (!spare.TryPop(out ThreadBlock? block)) block = new ThreadBlock(launch, memory, counts, checks, races);
                block.Begin(index);
                Advance(block);
            }
            else if (setBack.TryDequeue(out ThreadBlock? block))
            {
                Advance(block);
            }
            else
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ThreadBlock block in spare) block.Dispose();
        foreach (ThreadBlock block in setBack) block.Dispose();
    }

    private void Advance(ThreadBlock block)
    {
        bool ended = true;
        try
        {
            // A block that waits for one with a fault is given up, too.
            if (!queue.HasFault || (queue.IsWanted(block.LinearIndex) && turnsAfterFault++ <= TurnsAfterFault * (setBack.Count + 1)))
            {
                long before = block.Steps;
                ended = block.Advance();
                stepsInVain = ended ? 0 : stepsInVain + block.Steps - before;
                if (checks.StepLimit > 0 && stepsInVain > LimitOfAll * checks.StepLimit) throw block.NoProgress(stepsInVain);
            }
        }
        catch (EmulationException broken)
        {
            queue.Report(block.LinearIndex, broken);
        }
        if (!ended)
        {
            setBack.Enqueue(block);
            return;
        }
        counts?.EndBlock(block);
        spare.Push(block);
    }

    private static long BytesOf(KernelLaunch launch)
    {
        FunctionCode code = launch.Function.Code;
        long warps = (launch.Block.Count + Lanes.Count - 1) / Lanes.Count;
        return (warps * (code.RegisterBytes + (code.LocalBytes * 2L * Lanes.Count))) + (8L * (code.SharedBytes + launch.DynamicSharedBytes)) + 4096;
    }
}
