using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>
/// Writes safetensors files. The same tensors give the same bytes: large element types come first and names in ordinal order, as in the
/// reference implementation, so every tensor is aligned to its elements.
/// </summary>
public static class SafetensorsWriter
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file: into a temporary file beside it, which then takes its place, so that no half-written file is ever seen.</summary>
    /// <param name="path">Path of the file; one that exists is replaced.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <param name="metadata">Free texts for the header, or null.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a tensor's bytes do not fit its shape.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, IEnumerable<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafetensorsTensor[] ordered = Order(tensors);
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(path, stream => Write(stream, header, ordered));
    }

    /// <summary>Writes a file to a stream.</summary>
    /// <param name="stream">Takes the bytes.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <param name="metadata">Free texts for the header, or null.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a tensor's bytes do not fit its shape.</exception>
    public static void Write(Stream stream, IEnumerable<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        SafetensorsTensor[] ordered = Order(tensors);
        Write(stream, Header(ordered, metadata), ordered);
    }

    private static void Write(Stream stream, byte[] header, SafetensorsTensor[] tensors)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (SafetensorsTensor tensor in tensors)
            stream.Write(tensor.Bytes.Span);
    }

    private static SafetensorsTensor[] Order(IEnumerable<SafetensorsTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsTensor[] ordered =
            [.. tensors.OrderByDescending(tensor => tensor.DType.ByteSize()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        HashSet<string> names = new(StringComparer.Ordinal) { "__metadata__" };
        foreach (SafetensorsTensor tensor in ordered)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"two tensors are named {Quoted.Text(tensor.Name)}, or the name is reserved", nameof(tensors));
            long count = tensor.Shape.Aggregate(1L, (product, dim) => checked(product * dim));
            if (count < 0 || tensor.Shape.Any(dim => dim < 0) || count * tensor.DType.ByteSize() != tensor.Bytes.Length)
            {
                string found = $"{tensor.DType} [{string.Join(", ", tensor.Shape)}] does not have {tensor.Bytes.Length} bytes";
                throw new ArgumentException($"tensor {Quoted.Text(tensor.Name)}: {found}", nameof(tensors));
            }
        }
        return ordered;
    }

    private static byte[] Header(SafetensorsTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, JsonOptions))
        {
            json.WriteStartObject();
            if (metadata is not null)
                WriteMetadata(json, metadata);
            long offset = 0;
            foreach (SafetensorsTensor tensor in tensors)
                offset = WriteTensor(json, tensor, offset);
            json.WriteEndObject();
        }
        while (stream.Length % sizeof(ulong) != 0)                   // the data start at a multiple of 8
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static long WriteTensor(Utf8JsonWriter json, SafetensorsTensor tensor, long offset)
    {
        long end = offset + tensor.Bytes.Length;
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", SafetensorsType.Of(tensor.DType).Name);
        json.WriteStartArray("shape");
        foreach (long length in tensor.Shape)
            json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }
}
