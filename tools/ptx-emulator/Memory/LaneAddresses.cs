using System.Runtime.InteropServices;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Memory;

/// <summary>The addresses of one access by a warp's lanes, and the host memory behind them.</summary>
internal sealed unsafe class LaneAddresses : IDisposable
{
    private readonly void* memory = NativeMemory.AlignedAlloc(2 * Lanes.Row64, 64);

    /// <summary>Each lane's address, as the instruction forms it.</summary>
    public ulong* Address => (ulong*)memory;

    /// <summary>Each lane's first byte in host memory.</summary>
    public byte** Pointer => (byte**)((byte*)memory + Lanes.Row64);

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(memory);
}
