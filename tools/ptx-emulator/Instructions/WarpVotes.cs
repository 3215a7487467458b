using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary><c>vote.sync</c>, <c>match.sync</c>, <c>redux.sync</c>, <c>elect.sync</c>: a result from the values of all members.</summary>
/// <param name="operation">For example <c>vote.ballot</c>, <c>match.any</c>, <c>redux.add.u32</c>, <c>elect</c>.</param>
/// <param name="d">Result row; none where the result is a predicate.</param>
/// <param name="p">Offset of the resulting predicate, below 0 for none.</param>
/// <param name="a">Operand row; none where it is a predicate.</param>
/// <param name="q">Offset of the operand predicate, below 0 for none.</param>
/// <param name="flip">All ones where that is negated.</param>
/// <param name="members">Member mask.</param>
internal sealed unsafe class WarpVote(string operation, Row d, int p, Row a, int q, uint flip, Row members) : WarpInstruction(members, false)
{
    /// <inheritdoc/>
    protected override void Collect(Warp warp, WarpExchange exchange)
    {
        byte* r = warp.Registers;
        uint predicate = q < 0 ? 0 : *(uint*)(r + q) ^ flip;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            exchange.A[lane] = q < 0 ? a.Get(r, lane) : predicate >> lane & 1;
        }
    }

    /// <inheritdoc/>
    protected override void Deliver(Warp warp, WarpExchange exchange)
    {
        uint members = exchange.Members, ones = 0, truths = 0;
        for (uint left = members; left != 0; left &= left - 1)
            if (exchange.A[Lanes.First(left)] != 0) ones |= left & (0 - left);
        ulong value = operation.StartsWith("redux", StringComparison.Ordinal) ? Reduce(exchange) : 0;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            uint same = Same(exchange, lane);
            (ulong result, bool truth) = operation switch
            {
                "vote.all" => (0ul, ones == members),
                "vote.any" => (0ul, ones != 0),
                "vote.uni" => (0ul, ones == 0 || ones == members),
                "vote.ballot" => (ones, false),
                "match.any" => (same, false),
                "match.all" => (same == members ? members : 0u, same == members),
                "elect" => ((ulong)Lanes.First(members), lane == Lanes.First(members)),
                _ => (value, false),
            };
            d.Set(warp.Registers, lane, result);
            if (truth) truths |= 1u << lane;
        }
        if (p >= 0) warp.WritePredicate(p, truths);
    }

    private static uint Same(WarpExchange exchange, int lane)
    {
        uint same = 0;
        for (uint left = exchange.Members; left != 0; left &= left - 1)
            if (exchange.A[Lanes.First(left)] == exchange.A[lane]) same |= left & (0 - left);
        return same;
    }

    private ulong Reduce(WarpExchange exchange)
    {
        uint value = (uint)exchange.A[Lanes.First(exchange.Members)];
        for (uint left = exchange.Members & (exchange.Members - 1); left != 0; left &= left - 1)
        {
            uint next = (uint)exchange.A[Lanes.First(left)];
            value = operation switch
            {
                "redux.add.u32" or "redux.add.s32" => value + next,
                "redux.min.u32" => Math.Min(value, next),
                "redux.max.u32" => Math.Max(value, next),
                "redux.min.s32" => (uint)Math.Min((int)value, (int)next),
                "redux.max.s32" => (uint)Math.Max((int)value, (int)next),
                "redux.and.b32" => value & next,
                "redux.or.b32" => value | next,
                _ => value ^ next,
            };
        }
        return value;
    }
}

/// <summary><c>bar.warp.sync</c>: lanes wait for each other, and what they did to memory lies before what they do next.</summary>
internal sealed class WarpBarrier(Row members) : WarpInstruction(members, false)
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Barrier;

    /// <inheritdoc/>
    protected override void Collect(Warp warp, WarpExchange exchange)
    {
    }

    /// <inheritdoc/>
    protected override void Deliver(Warp warp, WarpExchange exchange) => warp.Block.SharedRaces?.SynchronizeLanes(warp.Index);
}
