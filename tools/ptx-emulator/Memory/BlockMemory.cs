using System.Runtime.InteropServices;

namespace Ditto.Emulation.Memory;

/// <summary>A piece of memory with its shadow: shared memory of a block, or local memory of a warp's lanes.</summary>
internal sealed unsafe class BlockMemory : IDisposable
{
    private void* memory;

    /// <summary>Memory that nobody has written.</summary>
    /// <param name="bytes">Size.</param>
    public BlockMemory(int bytes)
    {
        Bytes = bytes;
        memory = NativeMemory.AlignedAlloc((nuint)Math.Max(2L * bytes, 64), 256);
        Data = (byte*)memory;
        State = Data + bytes;
        Forget();
    }

    /// <summary>Size.</summary>
    public int Bytes { get; }

    /// <summary>The bytes.</summary>
    public byte* Data { get; }

    /// <summary>A <see cref="ByteState"/> for each.</summary>
    public byte* State { get; }

    /// <summary>Makes every byte one that nobody has written, and fills them with a pattern that is a NaN in every format.</summary>
    public void Forget()
    {
        new Span<byte>(Data, Bytes).Fill(0xff);
        new Span<byte>(State, Bytes).Fill(ByteState.Unwritten);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
