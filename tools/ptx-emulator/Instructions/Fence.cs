using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary><c>membar</c>, <c>fence</c>: memory is one and in order here, so they only let others run.</summary>
internal sealed class Fence : ControlInstruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Barrier;

    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        Thread.MemoryBarrier();
        group.Index++;
        return true;
    }
}
