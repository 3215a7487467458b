using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>Copies a row into one of another width: the low bits, or extended by zeros or by the sign.</summary>
/// <param name="d">Result.</param>
/// <param name="a">Operand.</param>
/// <param name="signedBits">Bits of a signed operand; 0 for zero extension.</param>
internal sealed unsafe class Resize(Row d, Row a, int signedBits) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        int shift = 64 - signedBits;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong bits = a.Get(r, lane);
            d.Set(r, lane, signedBits == 0 ? bits : (ulong)((long)(bits << shift) >> shift));
        }
    }
}
