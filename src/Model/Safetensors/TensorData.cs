namespace Ditto.Safetensors;

/// <summary>The bytes of one file behind its header.</summary>
/// <param name="name">Path or name of the file.</param>
internal abstract class TensorData(string name) : IDisposable
{
    /// <summary>Path or name of the file.</summary>
    public string Name { get; } = name;

    /// <summary>Size of the whole file in bytes, as it was when opened.</summary>
    public abstract long Length { get; }

    /// <summary>Where the data begin: 8 bytes plus the header. Offsets of the methods below count from here.</summary>
    public long DataOffset { get; set; }

    /// <summary>Copies bytes out of the file.</summary>
    /// <param name="offset">First byte, counted from <see cref="DataOffset"/>.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <exception cref="ModelFormatException">The file ends before, or cannot be read.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Shows bytes of the file without a copy; false where that is not possible.</summary>
    /// <param name="offset">First byte, counted from <see cref="DataOffset"/>.</param>
    /// <param name="byteCount">Number of bytes.</param>
    /// <param name="bytes">The bytes.</param>
    public abstract bool TryMap(long offset, int byteCount, out ReadOnlySpan<byte> bytes);

    public abstract void Dispose();

    /// <summary>The error for a file that ended before it should.</summary>
    protected ModelFormatException Shrunk(long read, long asked) =>
        new(Name, $"read {read} of {asked} bytes; the file has shrunk since it was opened");
}
