using System.Text.Unicode;
using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>A header that was found good: every tensor lies within the data, none overlaps another, no byte is left over.</summary>
/// <param name="Tensors">The tensors by name, in the header's order.</param>
/// <param name="Metadata">The free texts under __metadata__.</param>
internal sealed record SafetensorsHeader(Dictionary<string, TensorEntry> Tensors, Dictionary<string, string> Metadata)
{
    /// <summary>Reads and checks a header. It is untrusted: whatever the bytes, the answer is a header or a typed error.</summary>
    /// <param name="file">Path or name of the file, for messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataByteCount">Size of the data behind the header, in bytes.</param>
    /// <exception cref="ModelFormatException">The header is not good.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json, long dataByteCount)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new ModelFormatException(file, "header must begin with {");
        if (!Utf8.IsValid(json))
            throw new ModelFormatException(file, $"header is not UTF-8 at byte {Utf8Text.FirstInvalidByte(json)}");
        SafetensorsHeaderReader reader = new(file, json, dataByteCount);
        SafetensorsHeader header = reader.Read();
        CheckLayout(file, header.Tensors.Values, dataByteCount);
        return header;
    }

    /// <summary>The ranges must tile the data: no overlap, no hole, nothing behind the last tensor.</summary>
    private static void CheckLayout(string file, IEnumerable<TensorEntry> tensors, long dataByteCount)
    {
        TensorEntry[] ordered = [.. tensors];
        Array.Sort(ordered, (a, b) =>
        {
            int byRange = a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End);
            return byRange != 0 ? byRange : string.CompareOrdinal(a.Name, b.Name);
        });
        long position = 0;
        TensorEntry? previous = null;
        foreach (TensorEntry tensor in ordered)
        {
            if (tensor.Begin < position)
                throw new ModelFormatException(file, $"{Quoted.Text(tensor.Name)} overlaps {Quoted.Text(previous!.Name)}");
            if (tensor.Begin > position)
                throw new ModelFormatException(
                    file, $"{Unused(tensor.Begin - position)} at {position} of the data, before {Quoted.Text(tensor.Name)}");
            position = tensor.End;
            previous = tensor;
        }
        if (position < dataByteCount)
            throw new ModelFormatException(file, $"{Quoted.Bytes((ulong)(dataByteCount - position))} after last tensor");
    }

    private static string Unused(long count) => count == 1 ? "1 unused byte" : $"{count} unused bytes";
}
