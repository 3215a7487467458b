using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>One lane's result from the bits of its operands.</summary>
internal delegate ulong LaneFunction(ulong a, ulong b, ulong c);

/// <summary>An instruction that is rare enough to be worked out lane by lane. Operands and result travel as bits, zero-extended.</summary>
internal sealed unsafe class LaneInstruction(InstructionClass kind, LaneFunction function, Row d, Row a, Row b, Row c) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => kind;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            d.Set(r, lane, function(a.Get(r, lane), b.Get(r, lane), c.Get(r, lane)));
        }
    }
}
