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
    private readonly Warp[] warps;
    private readonly Frame[] frames;
    private readonly int threads;
    private GCHandle parameters;

    /// <summary>Room for the blocks of a launch, one after the other.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="memory">Device memory.</param>
    /// <param name="counts">What this worker counts.</param>
    /// <param name="checks">Which rules are checked.</param>
    /// <param name="races">Of the launch, between blocks; null where not checked.</param>
    public ThreadBlock(KernelLaunch launch, GlobalMemory memory, WorkerCounts counts, CheckOptions checks, GlobalRaces? races)
    {
        Launch = launch;
        Memory = memory;
        Counts = counts;
        Checks = checks;
        GlobalRaces = races;
        threads = (int)launch.Block.Count;
        int warpCount = (threads + Lanes.Count - 1) / Lanes.Count;
        FunctionCode code = launch.Function.Code;
        Shared = new BlockMemory(launch.DynamicSharedBytes > 0 ? code.DynamicSharedOffset + launch.DynamicSharedBytes : code.SharedBytes);
        parameters = GCHandle.Alloc(launch.Parameters, GCHandleType.Pinned);
        SharedRaces = checks.Races ? new SharedRaces(Shared.Bytes, warpCount) : null;
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

    /// <summary>What the worker has counted.</summary>
    public WorkerCounts Counts { get; }

    /// <summary>Which rules are checked.</summary>
    public CheckOptions Checks { get; }

    /// <summary>Shared memory.</summary>
    public BlockMemory Shared { get; }

    /// <summary>Who accessed shared memory since the last barrier; null where not checked.</summary>
    public SharedRaces? SharedRaces { get; }

    /// <summary>Which block accessed which device memory in this launch; null where not checked.</summary>
    public GlobalRaces? GlobalRaces { get; }

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

    /// <summary>Runs a block to its end.</summary>
    /// <exception cref="EmulationException">It broke a rule.</exception>
    public void Run(long linear)
    {
        Dim3 grid = Launch.Grid;
        LinearIndex = linear;
        Index = new Dim3((int)(linear % grid.X), (int)(linear / grid.X % grid.Y), (int)(linear / ((long)grid.X * grid.Y)));
        Shared.Forget();
        SharedRaces?.Forget();
        Barriers.Forget();
        PhaseBarriers.Forget();
        for (int w = 0; w < warps.Length; w++)
        {
            uint lanes = threads - (w * Lanes.Count) >= Lanes.Count ? Lanes.All : (1u << (threads - (w * Lanes.Count))) - 1;
            SpecialRegisters.SetForBlock(frames[w], this, w);
            warps[w].Start(frames[w], lanes);
        }
        while (true)
        {
            bool alive = false, ran = false;
            foreach (Warp warp in warps)
            {
                if (warp.Alive == 0) continue;
                alive = true;
                ran |= warp.Run(Slice);
            }
            if (!alive) return;
            if (!ran && !Barriers.ReleaseComplete()) throw Deadlock();
        }
    }

    /// <summary>A thread's name in reports.</summary>
    public string ThreadName(int linear)
    {
        Dim3 block = Launch.Block;
        return new Dim3(linear % block.X, linear / block.X % block.Y, linear / (block.X * block.Y)).ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Warp warp in warps) warp.Dispose();
        foreach (Frame frame in frames) frame.Dispose();
        Shared.Dispose();
        SharedRaces?.Dispose();
        parameters.Free();
    }

    private EmulationException Deadlock()
    {
        List<string> waits = [];
        Instruction? first = null;
        foreach (Warp warp in warps)
        {
            foreach (LaneGroup group in warp.Groups)
            {
                Instruction at = group.Frame.Code.Instructions[group.Index];
                first ??= at;
                if (waits.Count < 8) waits.Add(Invariant($"warp {warp.Index} lanes {group.Lanes:x8} at {at.Text.FullName} of line {at.Text.Line}"));
            }
        }
        return new EmulationException(FaultKind.Deadlock, first?.Text, this, -1, $"no thread can go on: {string.Join(", ", waits)}");
    }
}
