using System.Globalization;
using System.Runtime.InteropServices;

namespace Ditto.Emulation.Memory;

/// <summary>
/// A device's global memory: one range of host memory, whose addresses are the device pointers, with a <see cref="ByteState"/> for each byte.
/// The system backs pages when they are first touched. Allocations lie apart, so that an access beyond one of them meets no other.
/// </summary>
internal sealed unsafe class GlobalMemory : IDisposable
{
    /// <summary>Allocations start at multiples of this, and as many bytes between two belong to none.</summary>
    public const int Granularity = 256;

    private const long MaxDefaultCapacity = 8L << 30;
    private const string Variable = "DITTO_EMULATOR_MEMORY";

    private readonly Lock gate = new();
    private readonly List<Allocation> allocations = [];          // in the order of their addresses
    private byte* bytes, state;
    private ulong used;

    /// <summary>Reserves the memory.</summary>
    /// <param name="capacity">In bytes, at least 1; a multiple of 256 is taken.</param>
    /// <exception cref="OutOfMemoryException">There is no such range.</exception>
    public GlobalMemory(ulong capacity)
    {
        ArgumentOutOfRangeException.ThrowIfZero(capacity);
        Capacity = RoundUp(capacity);
        bytes = (byte*)NativeMemory.AlignedAlloc((nuint)Capacity, 4096);
        try
        {
            state = (byte*)NativeMemory.AllocZeroed((nuint)Capacity);   // zero is Unallocated
        }
        catch
        {
            NativeMemory.AlignedFree(bytes);
            throw;
        }
    }

    /// <summary>
    /// The capacity in bytes where nobody says another: <c>DITTO_EMULATOR_MEMORY</c> in MiB, else the smaller of 8 GiB and a quarter of what
    /// this process may use.
    /// </summary>
    /// <exception cref="InvalidOperationException">The variable holds no number above zero.</exception>
    public static ulong DefaultCapacity()
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
            return (ulong)Math.Max(Granularity, Math.Min(MaxDefaultCapacity, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4));
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint mebibytes) && mebibytes > 0) return (ulong)mebibytes << 20;
        throw new InvalidOperationException($"{Variable} is \"{text}\"; expected is a number of MiB, at least 1");
    }

    /// <summary>The first address.</summary>
    public ulong Base => (ulong)bytes;

    /// <summary>Size in bytes.</summary>
    public ulong Capacity { get; }

    /// <summary>What is known about each byte: that of an address is <c>State[address - Base]</c>.</summary>
    public byte* State => state;

    /// <summary>Who wrote what; null where nobody asks.</summary>
    public WriterLog? Writers { get; set; }

    /// <summary>Bytes that allocations and the gaps behind them leave.</summary>
    public ulong FreeBytes
    {
        get
        {
            lock (gate) return Capacity - Granularity - used;
        }
    }

    /// <summary>Takes the first place that is large enough. Its content is what was there before, and counts as never written.</summary>
    /// <param name="size">In bytes, at least 1.</param>
    /// <returns>The address, a multiple of 256; 0 where there is no room.</returns>
    public ulong Allocate(ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        if (size > Capacity) return 0;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(bytes is null, this);
            ulong place = Base + Granularity;
            int index = 0;
            while (index < allocations.Count && place + Occupied(size) > allocations[index].Start)
            {
                place = allocations[index].Start + Occupied(allocations[index].Size);
                index++;
            }
            if (place + Occupied(size) > Base + Capacity) return 0;
            allocations.Insert(index, new Allocation(place, size));
            used += Occupied(size);
            Fill(place, size, ByteState.Unwritten);
            Writers?.Clear(place, size);
            return place;
        }
    }

    /// <summary>Gives an allocation back.</summary>
    /// <param name="address">What <see cref="Allocate"/> returned.</param>
    /// <returns>False where that is no living allocation.</returns>
    public bool Free(ulong address)
    {
        lock (gate)
        {
            int index = IndexOf(address);
            if (index < 0 || allocations[index].Start != address) return false;
            Fill(address, allocations[index].Size, ByteState.Unallocated);
            used -= Occupied(allocations[index].Size);
            allocations.RemoveAt(index);
            return true;
        }
    }

    /// <summary>The allocation that holds an address.</summary>
    /// <param name="address">Any number.</param>
    /// <param name="start">Its first address, or 0.</param>
    /// <param name="size">Its size in bytes, or 0.</param>
    public bool TryFind(ulong address, out ulong start, out ulong size)
    {
        lock (gate)
        {
            int index = IndexOf(address);
            (start, size) = index < 0 ? default : allocations[index];
            return index >= 0;
        }
    }

    /// <summary>Every allocation's first address and size, in the order of the addresses.</summary>
    public IReadOnlyList<(ulong Start, ulong Size)> Allocations()
    {
        lock (gate) return [.. allocations.Select(allocation => (allocation.Start, allocation.Size))];
    }

    /// <summary>Whether an address lies in the range, allocated or not.</summary>
    /// <param name="address">Any number.</param>
    public bool Contains(ulong address) => address - Base < Capacity;

    /// <summary>Whether a range lies in one allocation.</summary>
    /// <param name="address">Any number.</param>
    /// <param name="size">In bytes.</param>
    public bool IsAllocated(ulong address, ulong size) =>
        TryFind(address, out ulong start, out ulong length) && size <= length - (address - start);

    /// <summary>The offset of the first byte in a range that was never written, or -1.</summary>
    /// <param name="address">In the memory.</param>
    /// <param name="size">In bytes.</param>
    public long FirstUnwritten(ulong address, ulong size)
    {
        Check(address, size);
        for (ulong done = 0; done < size;)
        {
            int length = (int)Math.Min(size - done, int.MaxValue);
            int found = new ReadOnlySpan<byte>(state + (address - Base) + done, length).IndexOfAnyExcept(ByteState.Written);
            if (found >= 0) return (long)done + found;
            done += (ulong)length;
        }
        return -1;
    }

    /// <summary>Notes that bytes were written.</summary>
    /// <param name="address">In an allocation.</param>
    /// <param name="size">In bytes.</param>
    public void MarkWritten(ulong address, ulong size)
    {
        Check(address, size);
        Fill(address, size, ByteState.Written);
        Writers?.Note(address, size);
    }

    /// <summary>Notes that bytes were copied: what was never written stays so at its new place.</summary>
    /// <param name="to">In an allocation.</param>
    /// <param name="from">In an allocation.</param>
    /// <param name="size">In bytes.</param>
    public void CopyState(ulong to, ulong from, ulong size)
    {
        Check(to, size);
        Check(from, size);
        Buffer.MemoryCopy(state + (from - Base), state + (to - Base), size, size);
        Writers?.Note(to, size);
    }

    /// <summary>Gives the memory back to the system.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            Writers?.Dispose();
            NativeMemory.AlignedFree(bytes);
            NativeMemory.Free(state);
            bytes = state = null;
            allocations.Clear();
        }
    }

    private static ulong RoundUp(ulong size) => (size + Granularity - 1) / Granularity * Granularity;

    // What an allocation takes: its size and a gap of at least 256 bytes, up to the next one's start.
    private static ulong Occupied(ulong size) => RoundUp(size) + Granularity;

    private void Fill(ulong address, ulong size, byte value) => NativeMemory.Fill(state + (address - Base), (nuint)size, value);

    private void Check(ulong address, ulong size)
    {
        if (address - Base > Capacity || size > Capacity - (address - Base))
            throw new ArgumentOutOfRangeException(nameof(address), address, $"{size} bytes there are not in the device's memory");
    }

    // The allocation that holds an address, or -1.
    private int IndexOf(ulong address)
    {
        int low = 0, high = allocations.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (allocations[middle].Start <= address) low = middle + 1;
            else high = middle;
        }
        return low > 0 && address - allocations[low - 1].Start < allocations[low - 1].Size ? low - 1 : -1;
    }

    private readonly record struct Allocation(ulong Start, ulong Size);
}
