using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Instructions;

/// <summary>An element's new value.</summary>
/// <param name="old">What memory holds, zero-extended.</param>
/// <param name="b">First operand.</param>
/// <param name="c">Second operand, of <c>cas</c>.</param>
internal delegate ulong AtomicFunction(ulong old, ulong b, ulong c);

/// <summary>
/// <c>atom</c> and <c>red</c>. Lanes act one after the other in their order; each element is exchanged in one piece, so that blocks on other
/// threads see it before or after.
/// </summary>
/// <param name="at">Where.</param>
/// <param name="bytes">Of an element: 2, 4 or 8.</param>
/// <param name="function">The operation.</param>
/// <param name="sharedFunction">The same on shared memory, where f32 denormals are kept.</param>
/// <param name="results">Rows of the old values; empty for <c>red</c>.</param>
/// <param name="values">A row of the first operand for each element.</param>
/// <param name="exchange">Second operand of <c>cas</c>.</param>
/// <param name="order">What it puts in order.</param>
internal sealed unsafe class AtomicOperation(
    MemoryOperand at, int bytes, AtomicFunction function, AtomicFunction sharedFunction, Row[] results, Row[] values, Row exchange,
    AccessKind order) : Instruction
{
    private readonly AccessKind access = AccessKind.Read | AccessKind.Write | AccessKind.Atomic | order;

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Atomic;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        at.Form(warp);
        uint shared = at.Space == MemorySpace.Shared ? warp.Active : 0;
        for (uint left = at.Space == MemorySpace.Generic ? warp.Active : 0; left != 0; left &= left - 1)
        {
            bool isShared = AddressWindows.Of(warp.Addresses.Address[Lanes.First(left)]) == AddressWindows.Of(AddressWindows.Shared);
            if (isShared) shared |= left & (0 - left);
        }
        MemoryPort.Resolve(warp, warp.Active, at.Space, bytes * values.Length, access);
        byte* r = warp.Registers;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            AtomicFunction apply = (shared >> lane & 1) != 0 ? sharedFunction : function;
            for (int n = 0; n < values.Length; n++)
            {
                ulong old = Exchange(warp.Addresses.Pointer[lane] + (n * bytes), apply, values[n].Get(r, lane), exchange.Get(r, lane));
                if (results.Length > 0) results[n].Set(r, lane, old);
            }
        }
    }

    private ulong Exchange(byte* place, AtomicFunction apply, ulong b, ulong c)
    {
        while (true)
        {
            switch (bytes)
            {
                case 2:
                    ushort half = Volatile.Read(ref *(ushort*)place);
                    if (Interlocked.CompareExchange(ref *(ushort*)place, (ushort)apply(half, b, c), half) == half) return half;
                    break;
                case 4:
                    uint word = Volatile.Read(ref *(uint*)place);
                    if (Interlocked.CompareExchange(ref *(uint*)place, (uint)apply(word, b, c), word) == word) return word;
                    break;
                default:
                    ulong wide = Volatile.Read(ref *(ulong*)place);
                    if (Interlocked.CompareExchange(ref *(ulong*)place, apply(wide, b, c), wide) == wide) return wide;
                    break;
            }
        }
    }
}
