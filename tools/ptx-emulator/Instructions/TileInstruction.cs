using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>
/// An aligned instruction on matrices that are spread over a warp's registers. Lanes nearly always come together, and their rows are used where
/// they are; lanes that come apart leave their operands in the exchange until all are there.
/// </summary>
/// <param name="sources">Operand rows, in the instruction's order; at most <see cref="WarpExchange.TileRows"/>.</param>
internal abstract unsafe class TileInstruction(Row[] sources) : WarpInstruction(Row.None, isAligned: true)
{
    /// <inheritdoc/>
    protected sealed override void Collect(Warp warp, WarpExchange exchange)
    {
        if (warp.Active == Lanes.All) return;
        fixed (ulong* kept = exchange.Tiles)
        {
            for (int n = 0; n < sources.Length; n++)
            {
                Row copy = new(n * Lanes.Row64, sources[n].IsWide);
                for (uint left = warp.Active; left != 0; left &= left - 1)
                {
                    int lane = Lanes.First(left);
                    copy.Set((byte*)kept, lane, sources[n].Get(warp.Registers, lane));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected sealed override void Deliver(Warp warp, WarpExchange exchange)
    {
        byte** rows = stackalloc byte*[WarpExchange.TileRows];
        fixed (ulong* kept = exchange.Tiles)
        {
            bool together = warp.Active == Lanes.All;
            for (int n = 0; n < sources.Length; n++)
            {
                bool inPlace = together && sources[n].Offset >= 0;
                rows[n] = inPlace ? warp.Registers + sources[n].Offset : (byte*)kept + (n * Lanes.Row64);
                if (together && !inPlace) new Span<byte>(rows[n], Lanes.Row64).Clear();
            }
            Apply(warp, rows);
        }
    }

    /// <summary>Works on all lanes' operands and writes the results of the warp's active lanes.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="rows">The sources' rows, all 32 lanes each; not to be read once a result is written.</param>
    protected abstract void Apply(Warp warp, byte** rows);
}
