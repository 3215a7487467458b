using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>Whose accesses a fence puts in order.</summary>
internal enum FenceReach
{
    /// <summary>No plain ones: it stands between proxies, or behind an mbarrier's start.</summary>
    None,

    /// <summary>Those of the block.</summary>
    Block,

    /// <summary>Those of other blocks, too.</summary>
    Device,
}

/// <summary><c>membar</c>, <c>fence</c>: memory is one and in order here; they tell the race checks what is meant to lie before what.</summary>
internal sealed class Fence(FenceReach reach) : ControlInstruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Barrier;

    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        Thread.MemoryBarrier();
        if (reach >= FenceReach.Block) warp.Block.SharedRaces?.Fence(warp.Index);
        if (reach == FenceReach.Device) warp.Block.Order?.Fence();
        group.Index++;
        return true;
    }
}
