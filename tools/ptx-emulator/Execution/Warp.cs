using System.Runtime.CompilerServices;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Execution;

/// <summary>
/// 32 threads. Lanes that are at the same instruction run together as a group. The group that is furthest behind runs first, so that lanes come
/// together again where the paths join; one that has run long while others could is set back, so that lanes which spin for each other end.
/// </summary>
internal sealed unsafe class Warp : IDisposable
{
    private const int SliceLeaders = 1 << 10;            // basic blocks that a group may run while another is ready
    private readonly List<LaneGroup> groups = new(2);
    private long clock;

    public Warp(ThreadBlock block, int index)
    {
        Block = block;
        Index = index;
    }

    /// <summary>The block.</summary>
    public ThreadBlock Block { get; }

    /// <summary>Position in the block.</summary>
    public int Index { get; }

    /// <summary>Register file of the running group.</summary>
    public byte* Registers { get; private set; }

    /// <summary>Lanes that the present instruction acts for.</summary>
    public uint Active { get; private set; }

    /// <summary>Lanes that exist and have not ended.</summary>
    public uint Alive { get; private set; }

    /// <summary>The activation of the running group.</summary>
    public Frame Frame { get; private set; } = null!;

    /// <summary>The instruction that runs, for reports.</summary>
    public Instruction? Current { get; private set; }

    /// <summary>The groups, for barriers and reports.</summary>
    public IReadOnlyList<LaneGroup> Groups => groups;

    /// <summary>Room for the addresses of one access.</summary>
    public LaneAddresses Addresses { get; } = new();

    /// <summary>Local memory of the lanes.</summary>
    public LocalMemory Local { get; } = new();

    /// <summary>Room for warp-level instructions.</summary>
    public WarpExchange Exchange { get; } = new();

    /// <summary>Copies that lanes have started and not waited for.</summary>
    public AsyncCopyQueue AsyncCopies { get; } = new();

    /// <summary>Puts all lanes of a new block at the start of the kernel.</summary>
    /// <param name="frame">Registers, special ones set.</param>
    /// <param name="lanes">Lanes that exist.</param>
    public void Start(Frame frame, uint lanes)
    {
        DropGroups();
        Alive = lanes;
        AsyncCopies.Forget();
        if (frame.Code.LocalBytes > 0) Local.Forget();
        groups.Add(new LaneGroup { Frame = frame, Lanes = lanes });
    }

    /// <summary>Writes a predicate for the active lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WritePredicate(int offset, uint value)
    {
        uint* place = (uint*)(Registers + offset);
        *place = (*place & ~Active) | (value & Active);
    }

    /// <summary>Runs until no lane can go on, all have yielded, or a share of time is used up.</summary>
    /// <param name="slice">Basic blocks to run at most.</param>
    /// <returns>How many it has run.</returns>
    public int Run(int slice)
    {
        int left = slice;
        foreach (LaneGroup group in groups) group.HasYielded = false;
        while (left > 0 && Select() is LaneGroup group) left -= RunGroup(group, left);
        return slice - left;
    }

    /// <summary>Splits lanes off a group; they go on at another place.</summary>
    /// <param name="group">The group; keeps at least one lane.</param>
    /// <param name="lanes">Those that leave.</param>
    /// <param name="index">Where they go on.</param>
    public LaneGroup Split(LaneGroup group, uint lanes, int index)
    {
        group.Lanes &= ~lanes;
        LaneGroup other = new() { Frame = group.Frame, Lanes = lanes, Index = index, LastRun = group.LastRun };
        groups.Add(other);
        return other;
    }

    /// <summary>Leaves some lanes of a group at their instruction, as the running ones; the others go on behind it.</summary>
    /// <param name="group">The running group.</param>
    /// <param name="lanes">Those that stay; at least one.</param>
    public void Narrow(LaneGroup group, uint lanes)
    {
        if (lanes != group.Lanes) Split(group, group.Lanes & ~lanes, group.Index + 1);
        Use(group);
    }

    /// <summary>Ends lanes.</summary>
    public void End(LaneGroup group, uint lanes)
    {
        Alive &= ~lanes;
        group.Lanes &= ~lanes;
        if (group.Lanes == 0) groups.Remove(group);
    }

    /// <summary>Moves lanes of a group into another activation.</summary>
    public void Enter(LaneGroup group, Frame frame, int index)
    {
        group.Frame = frame;
        group.Index = index;
        Use(group);
    }

    /// <summary>Makes a group the running one, for an instruction that acts for lanes of several groups.</summary>
    public void Use(LaneGroup group)
    {
        Frame = group.Frame;
        Registers = group.Frame.Registers;
        Active = group.Lanes;
    }

    /// <summary>The address, source line and thread of the present instruction, for a report.</summary>
    public EmulationException Fault(FaultKind kind, string problem, int lane) =>
        new(kind, Current?.Text, Block, (Index * Lanes.Count) + lane, problem);

    /// <inheritdoc/>
    public void Dispose()
    {
        DropGroups();
        Addresses.Dispose();
        Local.Dispose();
    }

    // The activations of calls that did not return, too: the block was given up.
    private void DropGroups()
    {
        foreach (LaneGroup group in groups)
            for (Frame? frame = group.Frame; frame?.Parent is not null; frame = frame.Parent) frame.Dispose();
        groups.Clear();
    }

    private int RunGroup(LaneGroup group, int slice)
    {
        group.LastRun = ++clock;
        Use(group);
        Instruction[] code = group.Frame.Code.Instructions;
        WorkerCounts? counts = Block.Counts;
        int index = group.Index, blocks = 1;
        uint lanes = group.Lanes;
        byte* registers = Registers;
        while (true)
        {
            Instruction instruction = code[index];
            uint mask = lanes;
            if (instruction.Guard >= 0) mask &= *(uint*)(registers + instruction.Guard) ^ instruction.GuardFlip;
            Current = instruction;
            Active = mask;
            counts?.Note(instruction, mask);
            if (instruction.IsControl)
            {
                group.Index = index;
                bool sameGroup = true;
                if (mask == 0) group.Index++;
                else sameGroup = Unsafe.As<ControlInstruction>(instruction).Step(this, group, mask);
                if (!sameGroup || groups.Count > 1 || ++blocks > slice) return blocks;
                index = group.Index;
                lanes = group.Lanes;
                code = group.Frame.Code.Instructions;
                registers = Registers;
                continue;
            }
            if (mask != 0) instruction.Execute(this);
            index++;
            if (!instruction.NextIsLeader) continue;
            if (groups.Count > 1 || ++blocks > slice)
            {
                group.Index = index;
                return blocks;
            }
        }
    }

    /// <summary>
    /// The group to run next, merged with those that are at the same place; null where none is ready, or where all that are have yielded: then
    /// other warps have their turn first.
    /// </summary>
    private LaneGroup? Select()
    {
        if (groups.Count == 1) return groups[0].State == GroupState.Ready && !groups[0].HasYielded ? groups[0] : null;
        Merge();
        LaneGroup? best = null, oldest = null;
        foreach (LaneGroup group in groups)
        {
            if (group.State != GroupState.Ready || group.HasYielded) continue;
            if (best is null || IsBehind(group, best)) best = group;
            if (oldest is null || group.LastRun < oldest.LastRun) oldest = group;
        }
        return best is not null && best.LastRun == clock && clock - oldest!.LastRun > SliceLeaders ? oldest : best;
    }

    private static bool IsBehind(LaneGroup a, LaneGroup b) =>
        a.Frame.Depth != b.Frame.Depth ? a.Frame.Depth > b.Frame.Depth : a.Index < b.Index;

    private void Merge()
    {
        for (int i = 0; i < groups.Count; i++)
        {
            LaneGroup kept = groups[i];
            for (int j = groups.Count - 1; j > i; j--)
            {
                LaneGroup other = groups[j];
                if (other.Frame != kept.Frame || other.Index != kept.Index || other.State != kept.State || other.Awaited != kept.Awaited) continue;
                kept.Lanes |= other.Lanes;
                kept.HasYielded &= other.HasYielded;
                groups.RemoveAt(j);
            }
        }
    }
}
