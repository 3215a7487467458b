using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Instructions;

/// <summary>How a shuffle finds its source lane.</summary>
internal enum ShuffleMode
{
    /// <summary>From a lower lane.</summary>
    Up,

    /// <summary>From a higher lane.</summary>
    Down,

    /// <summary>From the lane whose number differs in the given bits.</summary>
    Butterfly,

    /// <summary>From a lane of the segment.</summary>
    Index,
}

/// <summary><c>shfl.sync</c>. PTX ISA: shfl.sync.</summary>
internal sealed unsafe class Shuffle(ShuffleMode mode, Row d, int p, Row a, Row b, Row c, Row members) : WarpInstruction(members, false)
{
    /// <inheritdoc/>
    protected override void Collect(Warp warp, WarpExchange exchange)
    {
        byte* r = warp.Registers;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            exchange.A[lane] = a.Get(r, lane);
            exchange.B[lane] = (uint)b.Get(r, lane);
            exchange.C[lane] = (uint)c.Get(r, lane);
        }
    }

    /// <inheritdoc/>
    protected override void Deliver(Warp warp, WarpExchange exchange)
    {
        byte* r = warp.Registers;
        uint inRange = 0;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            int source = Source(lane, (int)exchange.B[lane] & 31, (int)exchange.C[lane], out bool valid);
            if (valid) inRange |= 1u << lane;
            else source = lane;
            if ((exchange.Members >> source & 1) == 0 && warp.Block.Checks.Lanes)
                throw warp.Fault(FaultKind.AbsentLane, Invariant($"reads lane {source}, which member mask {exchange.Members:x8} leaves out"), lane);
            d.Set(r, lane, exchange.A[source]);
        }
        if (p >= 0) warp.WritePredicate(p, inRange);
    }

    private int Source(int lane, int by, int control, out bool valid)
    {
        int clamp = control & 31, segment = control >> 8 & 31;
        int most = (lane & segment) | (clamp & ~segment), least = lane & segment;
        int source = mode switch
        {
            ShuffleMode.Up => lane - by,
            ShuffleMode.Down => lane + by,
            ShuffleMode.Butterfly => lane ^ by,
            _ => least | (by & ~segment),
        };
        valid = mode == ShuffleMode.Up ? source >= most : source <= most;
        return source;
    }
}
