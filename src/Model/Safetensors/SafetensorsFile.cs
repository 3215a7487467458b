using System.Buffers.Binary;
using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>
/// One safetensors file: u64 header length, JSON header, data. The header is untrusted and checked completely before anything is used
/// (format: https://github.com/huggingface/safetensors).
/// </summary>
public sealed class SafetensorsFile : WeightSource
{
    /// <summary>Largest header that is read, in bytes; the limit of the reference implementation.</summary>
    public const long MaxHeaderByteCount = 100_000_000;

    /// <summary>Bytes of the header's length at the head of the file.</summary>
    internal const int PrefixByteCount = 8;

    private readonly TensorData data;
    private readonly SafetensorsHeader header;

    private SafetensorsFile(TensorData data, SafetensorsHeader header)
        : base(data.Name)
    {
        this.data = data;
        this.header = header;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Tensors => header.Tensors;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => [];

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="access">How the tensors' bytes are reached.</param>
    /// <exception cref="ModelFormatException">The file is missing, cannot be read or is no good safetensors file.</exception>
    public static SafetensorsFile Open(string path, SafetensorsAccess access = SafetensorsAccess.Read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return access == SafetensorsAccess.MemoryMap
            ? Open(MappedTensorData.Open(path), isAligned: true)
            : Open(FileTensorData.Open(path), isAligned: false);
    }

    /// <summary>Opens a file that lies in memory.</summary>
    /// <param name="name">A name for messages.</param>
    /// <param name="file">The whole file. It is not copied and must not change.</param>
    /// <exception cref="ModelFormatException">The bytes are no good safetensors file.</exception>
    public static SafetensorsFile FromMemory(string name, ReadOnlyMemory<byte> file)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Open(new MemoryTensorData(name, file), isAligned: false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => data.Dispose();

    internal static ModelFormatException TooSmall(string path, long length) =>
        new(path, $"file is {Quoted.Bytes((ulong)length)}; at least {PrefixByteCount} needed");

    private static SafetensorsFile Open(TensorData data, bool isAligned)
    {
        try
        {
            byte[] json = ReadHeader(data);
            data.DataOffset = PrefixByteCount + json.Length;
            SafetensorsHeader header = SafetensorsHeader.Parse(data.Name, json, data.Length - data.DataOffset);
            foreach (TensorEntry tensor in header.Tensors.Values)
            {
                tensor.Data = data;
                if (isAligned)
                    CheckAlignment(tensor, data);
            }
            return new SafetensorsFile(data, header);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private static byte[] ReadHeader(TensorData data)
    {
        if (data.Length < PrefixByteCount)
            throw TooSmall(data.Name, data.Length);
        Span<byte> head = stackalloc byte[(int)Math.Min(ForeignFormat.HeadByteCount, data.Length)];
        data.Read(0, head);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head);
        ulong available = (ulong)data.Length - PrefixByteCount;
        string? problem = null;
        if (length == 0)
            problem = "header length 0";
        else if (length > available)
            problem = $"header length exceeds file: header runs {Quoted.Bytes(length - available)} past end of file";
        else if (length > MaxHeaderByteCount)
            problem = $"header larger than limit {MaxHeaderByteCount}: {length} bytes";
        else if (head[PrefixByteCount] != (byte)'{')
            problem = "header must begin with {";
        if (problem is not null)
            throw new ModelFormatException(data.Name, ForeignFormat.Describe(head) ?? problem);
        byte[] json = new byte[(int)length];
        data.Read(PrefixByteCount, json);
        return json;
    }

    private static void CheckAlignment(TensorEntry tensor, TensorData data)
    {
        long start = data.DataOffset + tensor.Begin;
        int size = Math.Max(1, tensor.BitCount / 8);
        if (start % size == 0)
            return;
        string problem = $"tensor {Quoted.Text(tensor.Name)} starts at byte {start}, not a multiple of {size}";
        throw new ModelFormatException(data.Name, $"{problem}: it cannot be mapped; open the file without a memory map");
    }
}
