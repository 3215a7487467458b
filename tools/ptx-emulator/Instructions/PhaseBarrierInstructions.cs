using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Instructions;

/// <summary>What an instruction does to an mbarrier.</summary>
internal enum PhaseBarrierAction
{
    /// <summary><c>init</c>.</summary>
    Initialize,

    /// <summary><c>inval</c>.</summary>
    Invalidate,

    /// <summary><c>expect_tx</c>.</summary>
    ExpectBytes,

    /// <summary><c>complete_tx</c>.</summary>
    CompleteBytes,

    /// <summary><c>arrive</c>.</summary>
    Arrive,

    /// <summary><c>arrive_drop</c>.</summary>
    ArriveAndDrop,

    /// <summary><c>cp.async.mbarrier.arrive</c>: an arrival once the lane's copies are there, for which the phase makes room.</summary>
    ArriveAfterCopies,

    /// <summary>The same with <c>.noinc</c>: the arrival was counted when the barrier was initialised.</summary>
    ArriveAfterCountedCopies,
}

/// <summary><c>mbarrier</c> but for waits.</summary>
/// <param name="action">What it does.</param>
/// <param name="at">Where.</param>
/// <param name="count">Arrivals, or bytes of <c>expect_tx</c> and <c>complete_tx</c>; no operand for one arrival.</param>
/// <param name="bytes">Bytes that an arrival announces; no operand for none.</param>
/// <param name="token">What an arrival returns.</param>
internal sealed unsafe class PhaseBarrierUpdate(PhaseBarrierAction action, MemoryOperand at, Row count, Row bytes, Row token) : Instruction
{
    private const AccessKind Update = AccessKind.Read | AccessKind.Write | AccessKind.Atomic;

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Barrier;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        if (action is PhaseBarrierAction.ArriveAfterCopies or PhaseBarrierAction.ArriveAfterCountedCopies)
            warp.AsyncCopies.WaitForAll(warp, warp.Active);
        at.Form(warp);
        AccessKind access = action is PhaseBarrierAction.Initialize ? AccessKind.Write : Update;
        MemoryPort.Resolve(warp, warp.Active, at.Space, PhaseBarriers.Size, access);
        for (uint left = warp.Active; left != 0; left &= left - 1) Apply(warp, Lanes.First(left));
    }

    private void Apply(Warp warp, int lane)
    {
        PhaseBarriers barriers = warp.Block.PhaseBarriers;
        int offset = PhaseBarriers.OffsetOf(warp, lane);
        ulong number = count.Offset < 0 ? 1 : count.Get(warp.Registers, lane);
        if (action == PhaseBarrierAction.Initialize)
        {
            barriers.Add(warp, lane, offset, number);
            return;
        }
        PhaseBarrier barrier = barriers.Find(warp, lane, offset);
        switch (action)
        {
            case PhaseBarrierAction.Invalidate:
                barriers.Remove(offset);
                break;
            case PhaseBarrierAction.ExpectBytes:
                barrier.Expect((uint)number);
                break;
            case PhaseBarrierAction.CompleteBytes:
                barrier.Expect(-(long)(uint)number);
                break;
            default:
                if (action == PhaseBarrierAction.ArriveAfterCopies) barrier.AddPending();
                barrier.Expect((uint)bytes.Get(warp.Registers, lane));
                token.Set(warp.Registers, lane, barrier.Token);
                PhaseBarriers.Arrive(warp, lane, barrier, number, action == PhaseBarrierAction.ArriveAndDrop);
                break;
        }
    }
}

/// <summary><c>mbarrier.test_wait</c> and <c>try_wait</c>; where a phase is not over others have their turn.</summary>
/// <param name="at">Where.</param>
/// <param name="phase">An arrival's token, or a parity.</param>
/// <param name="isParity">It is a parity.</param>
/// <param name="result">Offset of the predicate.</param>
internal sealed unsafe class PhaseBarrierTest(MemoryOperand at, Row phase, bool isParity, int result) : ControlInstruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Barrier;

    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        group.Index++;
        at.Form(warp);
        MemoryPort.Resolve(warp, taken, at.Space, PhaseBarriers.Size, AccessKind.Read | AccessKind.Atomic);
        uint over = 0;
        for (uint left = taken; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            PhaseBarrier barrier = warp.Block.PhaseBarriers.Find(warp, lane, PhaseBarriers.OffsetOf(warp, lane));
            ulong wanted = phase.Get(warp.Registers, lane), parity = isParity ? wanted & 1 : wanted >> 63;
            if ((ulong)(barrier.Phase & 1) == parity) continue;
            over |= 1u << lane;
            PhaseBarriers.Pass(warp, barrier);
        }
        if (result >= 0) warp.WritePredicate(result, over);
        group.Polled = over == 0 ? this : null;
        if (over == taken) return true;
        group.HasYielded = true;
        if (over == 0) warp.Block.FailedTests++;
        return false;
    }
}
