using System.Runtime.InteropServices;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Decoding;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;
using static System.FormattableString;

namespace Ditto.Emulation.Execution;

/// <summary>One block of threads on one worker; used again for the worker's next block.</summary>
internal sealed unsafe class ThreadBlock : IDisposable
{
    private const int Slice = 1 << 12;                   // basic blocks a warp runs before the next has its turn
    private const int FirstTurn = 1 << 16, LaterTurn = 1 << 12;   // basic blocks before a block that looks at others is set back
    private const int MostIdleRounds = 1 << 16;          // rounds of nothing but failed tests before nobody is expected to come
    private readonly Warp[] warps;
    private readonly Frame[] frames;
    private readonly int threads;
    private GCHandle parameters;
    private int turn, idleRounds;

    /// <summary>Room for the blocks of a launch, one after the other.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="memory">Device memory.</param>
    /// <param name="counts">Where this worker counts; null where nobody asks.</param>
    /// <param name="checks">Which rules are checked.</param>
    /// <param name="races">Of the launch, between blocks; null where not checked.</param>
    public ThreadBlock(KernelLaunch launch, GlobalMemory memory, WorkerCounts? counts, CheckOptions checks, GlobalRaces? races)
    {
        Launch = launch;
        Memory = memory;
        Counts = counts;
        if (counts is not null) Trace = new SectorTrace();
        Checks = checks;
        GlobalRaces = races;
        Order = races is null ? null : new BlockOrder(races.Published);
        threads = (int)launch.Block.Count;
        int warpCount = (threads + Lanes.Count - 1) / Lanes.Count;
        FunctionCode code = launch.Function.Code;
        Shared = new BlockMemory(launch.DynamicSharedBytes > 0 ? code.DynamicSharedOffset + launch.DynamicSharedBytes : code.SharedBytes);
        parameters = GCHandle.Alloc(launch.Parameters, GCHandleType.Pinned);
        SharedRaces = checks.SharedRaces ? new SharedRaces(Shared.Bytes, warpCount) : null;
        Barriers = new BlockBarriers(this);
        PhaseBarriers = new PhaseBarriers(warpCount);
        warps = new Warp[warpCount];
        frames = new Frame[warps.Length];
        for (int w = 0; w < warps.Length; w++)
        {
            warps[w] = new Warp(this, w);
            frames[w] = new Frame(code, null, 0);
            SpecialRegisters.Set(frames[w], this, w);
        }
    }

    /// <summary>The launch.</summary>
    public KernelLaunch Launch { get; }

    /// <summary>Device memory.</summary>
    public GlobalMemory Memory { get; }

    /// <summary>What the worker has counted; null where nobody asks.</summary>
    public WorkerCounts? Counts { get; }

    /// <summary>The sectors that the block has asked for; null where nobody asks.</summary>
    public SectorTrace? Trace { get; }

    /// <summary>Which rules are checked.</summary>
    public CheckOptions Checks { get; }

    /// <summary>Shared memory.</summary>
    public BlockMemory Shared { get; }

    /// <summary>Who accessed shared memory since the last barrier; null where not checked.</summary>
    public SharedRaces? SharedRaces { get; }

    /// <summary>Which block accessed which device memory in this launch; null where not checked.</summary>
    public GlobalRaces? GlobalRaces { get; }

    /// <summary>What other blocks did before its next access; null where races are not checked.</summary>
    public BlockOrder? Order { get; }

    /// <summary>The mbarriers in shared memory.</summary>
    public PhaseBarriers PhaseBarriers { get; }

    /// <summary>Barriers 0 to 15.</summary>
    public BlockBarriers Barriers { get; }

    /// <summary>The kernel's arguments.</summary>
    public byte* Parameters => (byte*)parameters.AddrOfPinnedObject();

    /// <summary>Bytes of the arguments.</summary>
    public int ParameterBytes => Launch.Parameters.Length;

    /// <summary>The warps.</summary>
    public IReadOnlyList<Warp> Warps => warps;

    /// <summary>The block that runs now.</summary>
    public Dim3 Index { get; private set; }

    /// <summary>Its number: x + y * grid x + z * grid x * grid y.</summary>
    public long LinearIndex { get; private set; }

    /// <summary>Accesses to memory, and readings of the clock: all that other threads can see or change.</summary>
    public long Accesses { get; set; }

    /// <summary>Those accesses that were tests of a phase which is not over.</summary>
    public long FailedTests { get; set; }

    /// <summary>Whether the block has used what other blocks may write, since it was last asked; or has slept.</summary>
    public bool LooksAtOthers { get; set; }

    /// <summary>Basic blocks that the warps have run.</summary>
    public long Steps { get; private set; }

    /// <summary>The report that it does not end.</summary>
    /// <param name="taken">Basic blocks that were run in vain.</param>
    public EmulationException NoProgress(long taken) =>
        Stuck(FaultKind.NoProgress, Invariant($"no block ends: {taken} basic blocks have been run"));

    /// <summary>Starts a block.</summary>
    /// <param name="linear">Its number.</param>
    public void Begin(long linear)
    {
        LinearIndex = linear;
        Index = Launch.Grid.At(linear);
        Shared.Forget();
        SharedRaces?.Forget();
        Order?.Begin(Ditto.Emulation.Checks.GlobalRaces.NameOf(linear));
        Barriers.Forget();
        PhaseBarriers.Forget();
        for (int w = 0; w < warps.Length; w++)
        {
            uint lanes = threads - (w * Lanes.Count) >= Lanes.Count ? Lanes.All : (1u << (threads - (w * Lanes.Count))) - 1;
            SpecialRegisters.SetForBlock(frames[w], this, w);
            warps[w].Start(frames[w], lanes);
        }
        (Steps, turn, idleRounds) = (0, FirstTurn, 0);
        LooksAtOthers = false;
    }

    /// <summary>Runs the block to its end, or for a turn: then others that it may wait for should have theirs.</summary>
    /// <returns>Whether it has ended.</returns>
    /// <exception cref="EmulationException">It broke a rule.</exception>
    public bool Advance()
    {
        long end = Steps + turn;
        while (true)
        {
            long accesses = Accesses, failed = FailedTests;
            bool alive = false, ran = false, isBusy = false;
            foreach (Warp warp in warps)
            {
                if (warp.Alive == 0) continue;
                alive = true;
                int blocks = warp.Run(Slice);
                Steps += blocks;
                ran |= blocks > 0;
                isBusy |= blocks >= Slice;
            }
            if (!alive) return true;
            if (!ran && !Barriers.ReleaseComplete()) throw Stuck(FaultKind.Deadlock, "no thread can go on");
            bool isIdle = !isBusy && FailedTests > failed && Accesses - accesses == FailedTests - failed;
            idleRounds = isIdle ? idleRounds + 1 : 0;
            if (idleRounds > MostIdleRounds) throw Stuck(FaultKind.Deadlock, "every thread waits, and nobody can complete the phase");
            if (Checks.StepLimit > 0 && Steps > Checks.StepLimit) throw NoProgress(Steps);
            if (Steps < end) continue;
            turn = LaterTurn;
            if (LooksAtOthers)
            {
                LooksAtOthers = false;
                return false;
            }
            end = Steps + turn;
        }
    }

    /// <summary>A thread's name in reports.</summary>
    public string ThreadName(int linear) => Launch.Block.At(linear).ToString();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Warp warp in warps) warp.Dispose();
        foreach (Frame frame in frames) frame.Dispose();
        Shared.Dispose();
        SharedRaces?.Dispose();
        parameters.Free();
    }

    // Reported at the first lane that is left; the places of some more are listed.
    private EmulationException Stuck(FaultKind kind, string problem)
    {
        List<string> waits = [];
        Instruction? first = null;
        int thread = -1;
        foreach (Warp warp in warps)
        {
            foreach (LaneGroup group in warp.Groups)
            {
                Instruction at = group.Polled ?? group.Frame.Code.Instructions[group.Index];
                if (first is null) (first, thread) = (at, (warp.Index * Lanes.Count) + Lanes.First(group.Lanes));
                if (waits.Count < 8) waits.Add(Invariant($"warp {warp.Index} lanes {group.Lanes:x8} at {at.Text.FullName} of line {at.Text.Line}"));
            }
        }
        return new EmulationException(kind, first?.Text, this, thread, $"{problem}: {string.Join(", ", waits)}");
    }
}
