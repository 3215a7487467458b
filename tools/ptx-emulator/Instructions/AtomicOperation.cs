using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Instructions;

/// <summary>Reads, changes and writes memory in one piece, lane after lane; d is the old value.</summary>
/// <param name="function">The new value from the old one, b and c.</param>
/// <param name="place">Where.</param>
/// <param name="bytes">2, 4 or 8.</param>
/// <param name="d">The old value's row; no operand for reductions.</param>
/// <param name="b">Operand.</param>
/// <param name="c">Operand of a compare-and-swap: what is written.</param>
internal sealed unsafe class AtomicOperation(LaneFunction function, MemoryOperand place, int bytes, Row d, Row b, Row c) : Instruction
{
    private const int LockCount = 256;
    private static readonly Lock[] Locks = [.. Enumerable.Range(0, LockCount).Select(_ => new Lock())];

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Atomic;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        place.Form(warp);
        MemoryPort.Resolve(warp, warp.Active, place.Space, bytes, AccessKind.Read | AccessKind.Write | AccessKind.Atomic);
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            byte* at = warp.Addresses.Pointer[lane];
            ulong old, y = b.Get(warp.Registers, lane), z = c.Get(warp.Registers, lane);
            lock (Locks[(int)((ulong)at / sizeof(ulong) % LockCount)])   // blocks run on several threads
            {
                old = Load.Read(at, bytes);
                Store.Write(at, function(old, y, z), bytes);
            }
            d.Set(warp.Registers, lane, old);
        }
    }
}
