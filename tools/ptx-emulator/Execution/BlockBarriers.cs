using Ditto.Emulation.Checks;
using Ditto.Emulation.Instructions;
using static System.FormattableString;

namespace Ditto.Emulation.Execution;

/// <summary>The barriers of a block: who has arrived, and whom a barrier lets go.</summary>
internal sealed class BlockBarriers(ThreadBlock block)
{
    /// <summary>Barriers of a block.</summary>
    public const int Count = 16;

    private readonly int[] arrivedOnly = new int[Count];     // threads that arrived without waiting, in whole warps
    private readonly int[] expected = new int[Count];        // threads; 0 for all

    /// <summary>Nobody has arrived anywhere.</summary>
    public void Forget()
    {
        Array.Clear(arrivedOnly);
        Array.Clear(expected);
    }

    /// <summary>A warp arrives without waiting.</summary>
    public void Arrive(int barrier, int threads)
    {
        expected[barrier] = threads;
        arrivedOnly[barrier] += Lanes.Count;
        Release(barrier);
    }

    /// <summary>A group waits; its state says so. Lets everybody go where it was the last.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="group">The group.</param>
    /// <param name="barrier">0 to 15.</param>
    /// <param name="threads">How many threads take part; 0 for all.</param>
    public void Wait(Warp warp, LaneGroup group, int barrier, int threads)
    {
        group.State = GroupState.AwaitsBarrier;
        group.Awaited = (uint)barrier;
        expected[barrier] = threads;
        if (block.Checks.Barriers) CheckTogether(warp);
        Release(barrier);
    }

    /// <summary>Lets go wherever the threads that are left have all arrived; for when threads have ended.</summary>
    /// <returns>Whether anybody was let go.</returns>
    public bool ReleaseComplete()
    {
        bool any = false;
        for (int barrier = 0; barrier < Count; barrier++) any |= Release(barrier);
        return any;
    }

    private bool Release(int barrier)
    {
        int waitingWarps = 0, waitingThreads = arrivedOnly[barrier];
        bool all = true;
        foreach (Warp warp in block.Warps)
        {
            if (warp.Alive == 0) continue;
            uint waiting = WaitingLanes(warp, barrier);
            if (waiting != 0) waitingWarps++;
            if (waiting != 0) waitingThreads += Lanes.Count;
            all &= waiting == warp.Alive;
        }
        if (waitingWarps == 0 && waitingThreads == 0) return false;
        if (expected[barrier] == 0 ? !all : waitingThreads < expected[barrier]) return false;
        LetGo(barrier);
        return true;
    }

    private static uint WaitingLanes(Warp warp, int barrier)
    {
        uint waiting = 0;
        foreach (LaneGroup group in warp.Groups)
            if (group.State == GroupState.AwaitsBarrier && group.Awaited == barrier) waiting |= group.Lanes;
        return waiting;
    }

    private void LetGo(int barrier)
    {
        List<(Warp Warp, LaneGroup Group)> members = [];
        foreach (Warp warp in block.Warps)
            foreach (LaneGroup group in warp.Groups)
                if (group.State == GroupState.AwaitsBarrier && group.Awaited == barrier) members.Add((warp, group));
        arrivedOnly[barrier] = 0;
        expected[barrier] = 0;
        BarrierInstruction.Reduce(members);
        block.SharedRaces?.Synchronize(members.Select(member => member.Warp.Index));
        foreach ((Warp _, LaneGroup group) in members)
        {
            group.State = GroupState.Ready;
            group.Awaited = 0;
            group.Index++;
        }
    }

    /// <summary>Lanes of a warp that wait at aligned barriers must have come to one and the same.</summary>
    private static void CheckTogether(Warp warp)
    {
        LaneGroup? first = null;
        uint waiting = 0;
        LaneGroup? other = null;
        foreach (LaneGroup group in warp.Groups)
        {
            if (group.State != GroupState.AwaitsBarrier) continue;
            waiting |= group.Lanes;
            if (first is null) first = group;
            else if (group.Index != first.Index || group.Frame != first.Frame) other = group;
        }
        if (other is null || waiting != warp.Alive) return;
        Instruction here = first!.Frame.Code.Instructions[first.Index], there = other.Frame.Code.Instructions[other.Index];
        if (here is not BarrierInstruction { IsAligned: true } && there is not BarrierInstruction { IsAligned: true }) return;
        warp.Use(other);
        throw warp.Fault(FaultKind.DivergentBarrier, Invariant(
            $"lanes {first.Lanes:x8} of the warp wait at PTX line {here.Text.Line} and lanes {other.Lanes:x8} at line {there.Text.Line}"),
            Lanes.First(other.Lanes));
    }
}
