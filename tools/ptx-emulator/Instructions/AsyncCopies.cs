using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;
using static System.FormattableString;

namespace Ditto.Emulation.Instructions;

/// <summary>
/// <c>cp.async</c>. The source is read at once; the destination is unreadable until the lane has waited for the copy, so that a missing wait
/// is found (PTX.md section 7, strict mode).
/// </summary>
/// <param name="to">In shared memory.</param>
/// <param name="from">In device memory.</param>
/// <param name="bytes">4, 8 or 16.</param>
/// <param name="sourceBytes">How many are read, the rest being zeros; no operand for all.</param>
/// <param name="ignored">Offset of a predicate for which nothing is read and all is zero; below 0 for none.</param>
/// <param name="flip">All ones where that is negated.</param>
internal sealed unsafe class AsyncCopy(MemoryOperand to, MemoryOperand from, int bytes, Row sourceBytes, int ignored, uint flip) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.AsyncCopy;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        uint lanes = warp.Active, whole = lanes;
        AsyncCopyBatch batch = warp.AsyncCopies.Issue(lanes, bytes);
        if (ignored >= 0) whole &= ~(*(uint*)(warp.Registers + ignored) ^ flip);
        from.Form(warp);
        if (whole != lanes) Array.Clear(batch.Data);
        if (sourceBytes.Offset >= 0) whole = ReadParts(warp, batch, whole);
        if (whole != 0) ReadWhole(warp, batch, whole);
        to.Form(warp);
        MemoryPort.Resolve(warp, lanes, to.Space, bytes, AccessKind.Write);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left), offset = (int)warp.Addresses.Address[lane];
            batch.Offset[lane] = offset;
            SharedAccess.MarkPending(warp, offset, bytes);
        }
    }

    private void ReadWhole(Warp warp, AsyncCopyBatch batch, uint lanes)
    {
        MemoryPort.Resolve(warp, lanes, from.Space, bytes, AccessKind.Read);
        fixed (byte* data = batch.Data)
        {
            for (uint left = lanes; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                byte* place = data + (lane * AsyncCopyBatch.MaxBytes), source = warp.Addresses.Pointer[lane];
                if (bytes == 16) Vector128.Store(Vector128.Load(source), place);
                else if (bytes == 8) *(ulong*)place = *(ulong*)source;
                else *(uint*)place = *(uint*)source;
            }
        }
    }

    /// <summary>Reads for the lanes that copy less than all.</summary>
    /// <returns>The other lanes.</returns>
    private uint ReadParts(Warp warp, AsyncCopyBatch batch, uint lanes)
    {
        uint whole = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong wanted = sourceBytes.Get(warp.Registers, lane);
            if (wanted > (ulong)bytes) throw warp.Fault(Checks.FaultKind.OutOfBounds, Invariant($"{wanted} source bytes of a copy of {bytes}"), lane);
            if ((int)wanted == bytes) whole |= 1u << lane;
            else ReadPart(warp, batch, lane, (int)wanted);
        }
        return whole;
    }

    private void ReadPart(Warp warp, AsyncCopyBatch batch, int lane, int wanted)
    {
        ulong address = warp.Addresses.Address[lane];
        if (warp.Block.Checks.Alignment && wanted > 0 && (address & (ulong)(bytes - 1)) != 0)
            throw warp.Fault(Checks.FaultKind.Misaligned, Invariant($"{bytes} bytes at {from.Space} address 0x{address:x}"), lane);
        Span<byte> data = batch.Data.AsSpan(lane * AsyncCopyBatch.MaxBytes, bytes);
        data.Clear();
        for (int done = 0, piece; done < wanted; done += piece)
        {
            piece = 1 << System.Numerics.BitOperations.Log2((uint)(wanted - done));
            warp.Addresses.Address[lane] = address + (ulong)done;
            MemoryPort.Resolve(warp, 1u << lane, from.Space, piece, AccessKind.Read);
            new ReadOnlySpan<byte>(warp.Addresses.Pointer[lane], piece).CopyTo(data[done..]);
        }
    }
}

/// <summary><c>cp.async.commit_group</c>.</summary>
internal sealed class AsyncCopyCommit : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.AsyncCopy;

    /// <inheritdoc/>
    public override void Execute(Warp warp) => warp.AsyncCopies.Commit(warp.Active);
}

/// <summary><c>cp.async.wait_group</c> and <c>cp.async.wait_all</c>.</summary>
/// <param name="newest">Closed groups that may still be under way; below 0 for <c>wait_all</c>, which closes the open one first.</param>
internal sealed class AsyncCopyWait(int newest) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.AsyncCopy;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        if (newest < 0) warp.AsyncCopies.Commit(warp.Active);
        warp.AsyncCopies.Wait(warp, warp.Active, Math.Max(newest, 0));
    }
}
