using Ditto.Emulation.Checks;
using Ditto.Emulation.Decoding;
using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Instructions;

/// <summary><c>bra</c>.</summary>
/// <param name="target">Position of the label; set when it is known.</param>
internal sealed class Branch(Func<int> target) : ControlInstruction
{
    private int place = -1;

    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        if (place < 0) place = target();
        if (taken == group.Lanes)
        {
            group.Index = place;
            return true;
        }
        group.Index++;
        warp.Split(group, taken, place);
        return false;
    }
}

/// <summary><c>brx.idx</c>: to the label of each lane's index.</summary>
internal sealed unsafe class IndexedBranch(Row index, IReadOnlyList<Func<int>> targets) : ControlInstruction
{
    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        warp.Narrow(group, taken);
        for (uint left = taken; left != 0;)
        {
            int lane = Lanes.First(left);
            ulong wanted = index.Get(warp.Registers, lane);
            if (wanted >= (ulong)targets.Count)
                throw warp.Fault(FaultKind.InvalidTarget, Invariant($"index {wanted} of {targets.Count} branch targets"), lane);
            uint same = 0;
            for (uint rest = left; rest != 0; rest &= rest - 1)
                if (index.Get(warp.Registers, Lanes.First(rest)) == wanted) same |= 1u << Lanes.First(rest);
            left &= ~same;
            if (same == group.Lanes) group.Index = targets[(int)wanted]();
            else warp.Split(group, same, targets[(int)wanted]());
        }
        return false;
    }
}

/// <summary><c>call</c>, direct or through each lane's function address.</summary>
/// <param name="callee">The function of an address; for a direct call of any.</param>
/// <param name="address">Each lane's function address; no operand for a direct call.</param>
/// <param name="site">Where arguments and results of a callee lie.</param>
internal sealed unsafe class Call(Func<ulong, FunctionCode?> callee, Row address, Func<FunctionCode, CallSite> site) : ControlInstruction
{
    private const int MaxLocalBytes = 512 << 10;         // what a thread has on a GPU

    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        warp.Narrow(group, taken);
        int lane = Lanes.First(taken);
        ulong wanted = address.Get(warp.Registers, lane);
        uint same = 0;
        for (uint left = taken; left != 0; left &= left - 1)
            if (address.Get(warp.Registers, Lanes.First(left)) == wanted) same |= 1u << Lanes.First(left);
        if (same != taken) warp.Split(group, taken & ~same, group.Index);
        FunctionCode code = callee(wanted)
            ?? throw warp.Fault(FaultKind.InvalidTarget, Invariant($"no function has the address 0x{wanted:x}"), lane);
        Frame caller = group.Frame;
        int localBase = (caller.LocalBase + caller.Code.LocalBytes + 15) / 16 * 16;
        if (localBase + code.LocalBytes > MaxLocalBytes)
            throw warp.Fault(FaultKind.OutOfBounds, Invariant($"calls need more than {MaxLocalBytes} bytes of local memory a thread"), lane);
        CallSite places = site(code);
        Frame frame = new(code, caller, localBase) { ReturnIndex = group.Index + 1, Site = places };
        SpecialRegisters.Set(frame, warp.Block, warp.Index);
        Copy(caller, frame, group.Lanes, places.Arguments, toCallee: true);
        warp.Enter(group, frame, 0);
        return true;
    }

    /// <summary>Copies parameter memory between caller and callee for some lanes.</summary>
    public static void Copy(Frame caller, Frame callee, uint lanes, IReadOnlyList<(int Caller, int Callee, int Bytes)> places, bool toCallee)
    {
        foreach ((int callerOffset, int calleeOffset, int bytes) in places)
        {
            for (uint left = lanes; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                Span<byte> outer = caller.Parameters.AsSpan((lane * caller.Code.CallParameterBytes) + callerOffset, bytes);
                Span<byte> inner = callee.Parameters.AsSpan((lane * callee.Code.CallParameterBytes) + calleeOffset, bytes);
                if (toCallee) outer.CopyTo(inner);
                else inner.CopyTo(outer);
            }
        }
    }
}

/// <summary><c>ret</c> and <c>exit</c>: back to the caller, or the end of the lanes.</summary>
internal sealed class Return(bool endsThread) : ControlInstruction
{
    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        Frame frame = group.Frame;
        if (endsThread || frame.Parent is null)
        {
            uint rest = group.Lanes & ~taken;
            if (rest != 0) group.Index++;
            warp.End(group, taken);
            warp.Block.Barriers.ReleaseComplete();
            return false;
        }
        warp.Narrow(group, taken);
        Call.Copy(frame.Parent, frame, taken, frame.Site!.Returns, toCallee: false);
        bool last = true;
        foreach (LaneGroup other in warp.Groups) last &= other == group || !Uses(other.Frame, frame);
        warp.Enter(group, frame.Parent, frame.ReturnIndex);
        if (last) frame.Dispose();
        return false;
    }

    private static bool Uses(Frame? frame, Frame wanted)
    {
        for (; frame is not null; frame = frame.Parent) if (frame == wanted) return true;
        return false;
    }
}

/// <summary><c>trap</c>, <c>brkpt</c>, a failed assertion: ends the launch.</summary>
/// <param name="kind">What it is reported as.</param>
/// <param name="problem">What the report says.</param>
internal sealed class Trap(FaultKind kind, string problem) : ControlInstruction
{
    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken) => throw warp.Fault(kind, problem, Lanes.First(taken));
}

/// <summary><c>nanosleep</c>: lets other groups, warps and blocks run.</summary>
internal sealed class Yield : ControlInstruction
{
    /// <inheritdoc/>
    public override bool Step(Warp warp, LaneGroup group, uint taken)
    {
        group.Index++;
        group.HasYielded = true;
        warp.Block.LooksAtOthers = true;
        return false;
    }
}
