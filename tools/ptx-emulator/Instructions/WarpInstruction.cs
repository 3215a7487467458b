using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Instructions;

/// <summary>
/// An instruction that lanes do together: shuffles, votes, matches, reductions, <c>bar.warp.sync</c>, tensor-core products. It waits until every
/// lane of the member mask is there; except for aligned forms they may have come to different ones of the same kind.
/// </summary>
/// <param name="members">The member mask; no operand for all lanes.</param>
/// <param name="isAligned">All lanes must come to this very instruction.</param>
internal abstract class WarpInstruction(Row members, bool isAligned) : ControlInstruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Warp;

    /// <summary>Takes the operands of the warp's active lanes.</summary>
    protected abstract void Collect(Warp warp, WarpExchange exchange);

    /// <summary>Writes the results of the warp's active lanes, once all members have brought theirs.</summary>
    protected abstract void Deliver(Warp warp, WarpExchange exchange);

    /// <inheritdoc/>
    public sealed override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        int lane = Execution.Lanes.First(taken);
        uint mask = MembersOf(warp, lane);
        if (mask == taken)
        {
            warp.Exchange.Members = mask;
            Collect(warp, warp.Exchange);
            Deliver(warp, warp.Exchange);
            group.Index++;
            return true;
        }
        return Await(warp, group, taken, mask);
    }

    private unsafe uint MembersOf(Warp warp, int lane) => members.Offset < 0 ? uint.MaxValue : (uint)members.Get(warp.Registers, lane);

    private bool Await(Warp warp, LaneGroup group, uint taken, uint mask)
    {
        warp.Narrow(group, taken);
        uint apart = 0;                                  // lanes whose mask is another one: they wait for themselves
        for (uint left = taken; left != 0; left &= left - 1)
            if (MembersOf(warp, Execution.Lanes.First(left)) != mask) apart |= 1u << Execution.Lanes.First(left);
        if (apart != 0)
        {
            warp.Split(group, apart, group.Index);
            warp.Use(group);
        }
        uint here = group.Lanes;
        if ((here & ~mask) != 0)
        {
            if (warp.Block.Checks.Lanes)
                throw warp.Fault(FaultKind.AbsentLane, Invariant($"the lane is not in its own member mask {mask:x8}"),
                    Execution.Lanes.First(here & ~mask));
            mask = here;
        }
        if (!warp.Block.Checks.Lanes) mask &= warp.Alive;
        if ((mask & ~warp.Alive) != 0)
        {
            throw warp.Fault(FaultKind.AbsentLane,
                Invariant($"member mask {mask:x8} names lanes {mask & ~warp.Alive:x8} that have ended or never were"), Execution.Lanes.First(here));
        }
        group.State = GroupState.AwaitsLanes;
        group.Awaited = mask;
        uint arrived = 0;
        List<LaneGroup> together = [];
        foreach (LaneGroup other in warp.Groups)
        {
            if (other.State != GroupState.AwaitsLanes || other.Awaited != mask || At(other).GetType() != GetType()) continue;
            if (isAligned && At(other) != this) continue;
            arrived |= other.Lanes;
            together.Add(other);
        }
        if (arrived != mask) return false;
        warp.Exchange.Members = mask;
        foreach (LaneGroup other in together)
        {
            warp.Use(other);
            ((WarpInstruction)At(other)).Collect(warp, warp.Exchange);
        }
        foreach (LaneGroup other in together)
        {
            warp.Use(other);
            ((WarpInstruction)At(other)).Deliver(warp, warp.Exchange);
            other.State = GroupState.Ready;
            other.Awaited = 0;
            other.Index++;
        }
        return false;
    }

    private static Instruction At(LaneGroup group) => group.Frame.Code.Instructions[group.Index];
}
