using System.Diagnostics;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>Reads a counter: <c>%clock</c>, <c>%clock64</c>, <c>%globaltimer</c>.</summary>
internal sealed unsafe class ClockRead(Row d, string name) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Move;

    /// <summary>Whether a special register is a counter.</summary>
    public static bool Reads(string name) =>
        name is "%clock" or "%clock_hi" or "%clock64" or "%globaltimer" or "%globaltimer_lo" or "%globaltimer_hi";

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        warp.Block.Accesses++;                           // time passes: a wait that looks at it can end
        ulong ticks = (ulong)Stopwatch.GetTimestamp();
        if (name.EndsWith("_hi", StringComparison.Ordinal)) ticks >>= 32;
        for (uint left = warp.Active; left != 0; left &= left - 1) d.Set(warp.Registers, Lanes.First(left), ticks);
    }
}
