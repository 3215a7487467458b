using System.Buffers;
using System.Runtime.InteropServices;
using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>
/// One tensor of a weights file: its name, type and shape, and the way to its bytes (row-major, little-endian). Valid as long as the
/// source that listed it is not disposed; may be read from several threads.
/// </summary>
public sealed class TensorEntry
{
    private readonly SafetensorsType type;
    private readonly long[] shape;

    internal TensorEntry(string name, SafetensorsType type, long[] shape, long elementCount, long begin, long end)
    {
        Name = name;
        this.type = type;
        this.shape = shape;
        ElementCount = elementCount;
        Begin = begin;
        End = end;
    }

    /// <summary>The tensor's name, verbatim. Untrusted text: escape it before showing it, never use it as a path.</summary>
    public string Name { get; }

    /// <summary>The type's name in the file, for example "BF16" or "F8_E4M3".</summary>
    public string TypeName => type.Name;

    /// <summary>True if the engine has the tensor's type; F4, F6, F8_E8M0 and C64 can be listed but not read.</summary>
    public bool IsSupported => type.DType is not null;

    /// <summary>Element type.</summary>
    /// <exception cref="ModelFormatException">The engine does not have this type.</exception>
    public DType DType => type.DType
        ?? throw new ModelFormatException(File, $"tensor {Quoted.Text(Name)} has dtype {TypeName}, which is not supported; convert it first");

    /// <summary>Lengths of the dimensions; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>Number of dimensions.</summary>
    public int Rank => shape.Length;

    /// <summary>Number of elements; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>Size in bytes.</summary>
    public long ByteCount => End - Begin;

    /// <summary>Path or name of the file that holds the tensor.</summary>
    public string File => Data?.Name ?? "";

    /// <summary>First byte, counted from the end of the header.</summary>
    internal long Begin { get; }

    /// <summary>End of the bytes, counted from the end of the header.</summary>
    internal long End { get; }

    /// <summary>Bits of an element.</summary>
    internal int BitCount => type.BitCount;

    /// <summary>The file's bytes; set by the file once its header is known to be good.</summary>
    internal TensorData? Data { get; set; }

    /// <summary>Copies the whole tensor.</summary>
    /// <param name="destination">Takes <see cref="ByteCount"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination has another size.</exception>
    /// <exception cref="ModelFormatException">The file cannot be read or has shrunk.</exception>
    public void Read(Span<byte> destination)
    {
        if (destination.Length != ByteCount)
        {
            string problem = $"tensor {Quoted.Text(Name)} has {ByteCount} bytes, the destination {destination.Length}";
            throw new ArgumentException(problem, nameof(destination));
        }
        Read(0, destination);
    }

    /// <summary>Copies a part of the tensor.</summary>
    /// <param name="byteOffset">Where the part begins within the tensor, in bytes.</param>
    /// <param name="destination">Takes the part.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the tensor.</exception>
    /// <exception cref="ModelFormatException">The file cannot be read or has shrunk.</exception>
    public void Read(long byteOffset, Span<byte> destination)
    {
        CheckPart(byteOffset, destination.Length);
        Data!.Read(Begin + byteOffset, destination);
    }

    /// <summary>Shows a part of the tensor without a copy, where the source is memory-mapped or lies in memory.</summary>
    /// <param name="byteOffset">Where the part begins within the tensor, in bytes.</param>
    /// <param name="byteCount">Length of the part in bytes.</param>
    /// <param name="bytes">The part; valid until the source is disposed.</param>
    /// <returns>False where the bytes can only be copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the tensor.</exception>
    /// <exception cref="ModelFormatException">The file has shrunk.</exception>
    public bool TryMap(long byteOffset, int byteCount, out ReadOnlySpan<byte> bytes)
    {
        CheckPart(byteOffset, byteCount);
        return Data!.TryMap(Begin + byteOffset, byteCount, out bytes);
    }

    /// <summary>Walks through the tensor's bytes in pieces: without a copy where it is mapped, through one small buffer otherwise.</summary>
    /// <param name="handler">Takes each piece with its offset in bytes; the span is valid during the call only.</param>
    /// <param name="chunkByteCount">Largest piece in bytes, a multiple of 8.</param>
    /// <exception cref="ModelFormatException">The file cannot be read or has shrunk.</exception>
    public void ReadChunks(TensorChunkHandler handler, int chunkByteCount = 8 << 20)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkByteCount, 8);
        ArgumentOutOfRangeException.ThrowIfNotEqual(chunkByteCount % 8, 0);
        byte[]? buffer = null;
        try
        {
            for (long offset = 0; offset < ByteCount; offset += chunkByteCount)
            {
                int count = (int)Math.Min(chunkByteCount, ByteCount - offset);
                if (!TryMap(offset, count, out ReadOnlySpan<byte> piece))
                {
                    buffer ??= ArrayPool<byte>.Shared.Rent(count);
                    Read(offset, buffer.AsSpan(0, count));
                    piece = buffer.AsSpan(0, count);
                }
                handler(offset, piece);
            }
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies the elements into a new array, bit for bit.</summary>
    /// <typeparam name="T">A type of the elements' size, for example float for F32 or ushort for BF16.</typeparam>
    /// <exception cref="ArgumentException">T has another size than the elements.</exception>
    /// <exception cref="ModelFormatException">The file cannot be read, or the tensor does not fit into one array.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        if (8 * Marshal.SizeOf<T>() != type.BitCount)
            throw new ArgumentException($"tensor {Quoted.Text(Name)} is {TypeName}; its elements are no {typeof(T).Name}", nameof(T));
        T[] elements = new T[CountForArray()];
        Read(MemoryMarshal.AsBytes(elements.AsSpan()));
        return elements;
    }

    /// <summary>Copies the elements into a new array, converted to f32.</summary>
    /// <exception cref="ModelFormatException">The file cannot be read, the type is not supported, or one array is too small.</exception>
    public float[] ToSingles()
    {
        float[] elements = new float[CountForArray()];
        DType elementType = DType;
        int size = elementType.ByteSize();
        ReadChunks((offset, bytes) => TensorConversion.ToSingle(elementType, bytes, elements.AsSpan((int)(offset / size))));
        return elements;
    }

    /// <summary>Type and shape, for example "BF16 [2, 256]".</summary>
    public override string ToString() => $"{TypeName} [{string.Join(", ", shape)}]";

    private int CountForArray() => ElementCount <= Array.MaxLength
        ? (int)ElementCount
        : throw new ModelFormatException(File, $"{Quoted.Text(Name)} has {ElementCount} elements; one array takes {Array.MaxLength}");

    private void CheckPart(long byteOffset, int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteOffset, ByteCount - byteCount);
    }
}
