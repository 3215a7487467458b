using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary><c>bar.sync</c>, <c>bar.arrive</c>, <c>bar.red</c> and their <c>barrier</c> forms.</summary>
/// <param name="barrier">The barrier's number.</param>
/// <param name="threads">How many threads take part; no operand for all.</param>
/// <param name="isAligned">All lanes of a warp come to it together.</param>
/// <param name="waits">Else it only arrives.</param>
/// <param name="reduction">popc, and, or; empty for none.</param>
/// <param name="result">Where a reduction goes: a row for popc, a predicate's offset otherwise.</param>
/// <param name="predicate">Offset of the predicate that is reduced.</param>
/// <param name="flip">All ones where that is negated.</param>
internal sealed unsafe class BarrierInstruction(
    Row barrier, Row threads, bool isAligned, bool waits, string reduction, int result, int predicate, uint flip) : ControlInstruction
{
    /// <summary>Whether all lanes of a warp must come to it together.</summary>
    public bool IsAligned => isAligned;

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Barrier;

    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        warp.Narrow(group, taken);
        int lane = Lanes.First(taken);
        int number = (int)barrier.Get(warp.Registers, lane) & (BlockBarriers.Count - 1);
        int count = (int)threads.Get(warp.Registers, lane);
        if (waits)
        {
            warp.Block.Barriers.Wait(warp, group, number, count);
            return false;
        }
        warp.Block.Barriers.Arrive(number, count);
        group.Index++;
        return true;
    }

    /// <summary>Works out the reductions of those that a barrier lets go, before they go on.</summary>
    public static void Reduce(IReadOnlyList<(Warp Warp, LaneGroup Group)> members)
    {
        int ones = 0, all = 0;
        foreach ((Warp _, LaneGroup group) in members)
        {
            if (At(group) is not BarrierInstruction { HasReduction: true } red) continue;
            ones += Lanes.CountOf(red.Value(group));
            all += Lanes.CountOf(group.Lanes);
        }
        if (all == 0) return;
        foreach ((Warp _, LaneGroup group) in members)
            if (At(group) is BarrierInstruction { HasReduction: true } red) red.Deliver(group, ones, all);
    }

    private bool HasReduction => reduction.Length > 0;

    private static Instruction At(LaneGroup group) => group.Frame.Code.Instructions[group.Index];

    private uint Value(LaneGroup group) => (*(uint*)(group.Frame.Registers + predicate) ^ flip) & group.Lanes;

    private void Deliver(LaneGroup group, int ones, int all)
    {
        byte* r = group.Frame.Registers;
        if (reduction == "popc")
        {
            Row row = new(result, false);
            for (uint left = group.Lanes; left != 0; left &= left - 1) row.Set(r, Lanes.First(left), (ulong)ones);
            return;
        }
        bool value = reduction == "and" ? ones == all : ones > 0;
        uint* place = (uint*)(r + result);
        *place = value ? *place | group.Lanes : *place & ~group.Lanes;
    }
}
