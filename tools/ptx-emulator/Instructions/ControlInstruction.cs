using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>An instruction after which lanes may go different ways, wait or end.</summary>
internal abstract class ControlInstruction : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Control;

    /// <summary>Moves the group on.</summary>
    /// <param name="warp">The warp; its registers are those of the group's frame.</param>
    /// <param name="group">The running lanes; at this instruction.</param>
    /// <param name="taken">The lanes of the group whose guard holds; not empty.</param>
    /// <returns>True when the same group can go on at its new place at once.</returns>
    public abstract bool Step(Warp warp, LaneGroup group, uint taken);

    /// <inheritdoc/>
    public sealed override void Execute(Warp warp) => throw new InvalidOperationException($"{Text.FullName} moves lanes: it is stepped");
}
