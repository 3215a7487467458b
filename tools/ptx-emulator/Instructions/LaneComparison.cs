using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>One lane's comparison from the bits of its operands: bit 0 of the result for the low or only element, bit 1 for the high one.</summary>
internal delegate int LanePredicates(ulong a, ulong b);

/// <summary><c>setp</c> of rare types, lane by lane.</summary>
/// <param name="compare">The comparison.</param>
/// <param name="packed">q is the high element's result, else the opposite of p.</param>
/// <param name="p">Offset of the first result; below 0 for none.</param>
/// <param name="q">Offset of the second result; below 0 for none.</param>
/// <param name="a">First operand.</param>
/// <param name="b">Second operand.</param>
/// <param name="combination">A third predicate.</param>
internal sealed unsafe class LaneComparison(
    LanePredicates compare, bool packed, int p, int q, Row a, Row b, PredicateCombination combination) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Half;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint low = 0, high = 0;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left), result = compare(a.Get(r, lane), b.Get(r, lane));
            low |= (uint)(result & 1) << lane;
            high |= (uint)(result >> 1) << lane;
        }
        combination.Write(warp, p, q, low, packed ? high : ~low);
    }
}
