using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary><c>cvt.u64.u32</c>: each 32-bit lane into a 64-bit one, extended by zeros.</summary>
internal sealed unsafe class ZeroExtend32(int d, int a) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++)
        {
            (Vector256<ulong> low, Vector256<ulong> high) = Vector256.Widen(Lanes.Load<uint>(r + a, i));
            Lanes.Store(r + d, 2 * i, low, warp.Active);
            Lanes.Store(r + d, (2 * i) + 1, high, warp.Active);
        }
    }
}

/// <summary><c>cvt.s64.s32</c>: each 32-bit lane into a 64-bit one, extended by its sign.</summary>
internal sealed unsafe class SignExtend32(int d, int a) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        for (int i = 0; i < sizeof(int); i++)
        {
            (Vector256<long> low, Vector256<long> high) = Vector256.Widen(Lanes.Load<int>(r + a, i));
            Lanes.Store(r + d, 2 * i, low, warp.Active);
            Lanes.Store(r + d, (2 * i) + 1, high, warp.Active);
        }
    }
}

/// <summary><c>cvt.u32.u64</c>: the low half of each 64-bit lane.</summary>
internal sealed unsafe class LowHalf(int d, int a) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++)
            Lanes.Store(r + d, i, Vector256.Narrow(Lanes.Load<ulong>(r + a, 2 * i), Lanes.Load<ulong>(r + a, (2 * i) + 1)), warp.Active);
    }
}
