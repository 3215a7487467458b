using System.Runtime.Intrinsics;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;
using static System.FormattableString;

namespace Ditto.Emulation.Instructions;

/// <summary>
/// <c>cp.async.bulk</c> between device and shared memory: a lane copies any multiple of 16 bytes. What comes to shared memory is unreadable
/// until somebody has waited for the phase of the mbarrier that counts it; what goes to device memory is there at once.
/// </summary>
/// <param name="to">Destination.</param>
/// <param name="from">Source.</param>
/// <param name="size">Bytes.</param>
/// <param name="barrier">The mbarrier of copies to shared memory; null for those to device memory.</param>
internal sealed unsafe class BulkCopy(MemoryOperand to, MemoryOperand from, Row size, MemoryOperand? barrier) : Instruction
{
    private const int Piece = 16;

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.AsyncCopy;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong bytes = (uint)size.Get(warp.Registers, lane);
            if (bytes % Piece != 0)
                throw warp.Fault(FaultKind.Misaligned, Invariant($"a bulk copy of {bytes} bytes; it must be a multiple of {Piece}"), lane);
            ulong source = Address(warp, lane, from), target = Address(warp, lane, to);
            for (ulong done = 0; done < bytes; done += Piece)
            {
                byte* read = Resolve(warp, lane, source + done, from.Space, AccessKind.Read);
                Vector128<byte> piece = Vector128.Load(read);
                Vector128.Store(piece, Resolve(warp, lane, target + done, to.Space, AccessKind.Write));
            }
            if (barrier is MemoryOperand counter) Complete(warp, lane, counter, (int)target, (int)bytes);
        }
    }

    private static void Complete(Warp warp, int lane, MemoryOperand counter, int target, int bytes)
    {
        ulong place = Address(warp, lane, counter);
        warp.Addresses.Address[lane] = place;
        MemoryPort.Resolve(warp, 1u << lane, counter.Space, PhaseBarriers.Size, AccessKind.Read | AccessKind.Write | AccessKind.Atomic);
        PhaseBarrier phase = warp.Block.PhaseBarriers.Find(warp, lane, PhaseBarriers.OffsetOf(warp, lane));
        SharedAccess.MarkPending(warp, target, bytes);
        phase.AddCopy(target, bytes);
        warp.Block.SharedRaces?.Release(warp.Index, phase.Arriving);
        phase.Expect(-bytes);
    }

    private static ulong Address(Warp warp, int lane, MemoryOperand operand)
    {
        operand.Form(warp);
        return warp.Addresses.Address[lane];
    }

    private static byte* Resolve(Warp warp, int lane, ulong address, MemorySpace space, AccessKind access)
    {
        warp.Addresses.Address[lane] = address;
        MemoryPort.Resolve(warp, 1u << lane, space, Piece, access);
        return warp.Addresses.Pointer[lane];
    }
}
