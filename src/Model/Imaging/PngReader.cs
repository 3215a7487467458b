using System.Buffers.Binary;
using System.Text;
using Ditto.Configuration;

namespace Ditto.Imaging;

/// <summary>
/// Reads PNG files of 8 bits a channel that are not interlaced; a palette is expanded. The file is untrusted: its size in pixels is limited, and
/// no more is inflated than its head declares.
/// </summary>
public static class PngReader
{
    /// <summary>Largest picture that is read.</summary>
    public const int MaxPixelCount = 1 << 26;

    /// <summary>Largest file that is read, in bytes.</summary>
    public const int MaxByteCount = 1 << 28;

    private const int MaxTextCount = 64;
    private const int MaxTextByteCount = 1 << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ImageFormatException">The file is missing, cannot be read, or is no PNG of the supported kinds.</exception>
    public static PngImage Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length is 0 or > MaxByteCount)
                throw new ImageFormatException(path, $"file is {Quoted.Bytes((ulong)file.Length)}; 1 to {MaxByteCount} allowed");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ImageFormatException(path, $"cannot be read: {Quoted.Path(e.Message)}", e);
        }
        return Decode(path, bytes);
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="name">Path or name for messages.</param>
    /// <param name="file">The whole file.</param>
    /// <exception cref="ImageFormatException">The bytes are no PNG of the supported kinds.</exception>
    public static PngImage Decode(string name, ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(PngChunk.Signature))
            throw new ImageFormatException(name, $"unsupported image type: {DescribeOther(file)}; PNG needed");
        using PngDecoder decoder = new(name);
        List<PngText> texts = [];
        int position = PngChunk.Signature.Length;
        while (!decoder.IsComplete)
        {
            string type = NextChunk(name, file, ref position, out ReadOnlySpan<byte> data);
            if (type is "tEXt" or "iTXt" && texts.Count < MaxTextCount && data.Length <= MaxTextByteCount)
                AddText(texts, type, data);
            else
                decoder.Take(type, data);
        }
        return new PngImage(decoder.Finish(), texts);
    }

    private static string NextChunk(string name, ReadOnlySpan<byte> file, ref int position, out ReadOnlySpan<byte> data)
    {
        if (file.Length - position < PngChunk.OverheadByteCount)
            throw new ImageFormatException(name, $"file ends early at byte {file.Length}; IEND is missing");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(file[position..]);
        if (length > file.Length - position - PngChunk.OverheadByteCount)
            throw new ImageFormatException(name, $"chunk length {length} at byte {position} exceeds file");
        ReadOnlySpan<byte> typeAndData = file.Slice(position + 4, 4 + (int)length);
        if (PngChunk.Crc(typeAndData) != BinaryPrimitives.ReadUInt32BigEndian(file[(position + PngChunk.HeadByteCount + (int)length)..]))
            throw new ImageFormatException(name, $"checksum of the chunk at byte {position} is wrong");
        position += PngChunk.OverheadByteCount + (int)length;
        data = typeAndData[4..];
        return Encoding.Latin1.GetString(typeAndData[..4]);
    }

    private static void AddText(List<PngText> texts, string type, ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf((byte)0);
        if (end < 1)
            return;
        string keyword = Encoding.Latin1.GetString(data[..end]);
        ReadOnlySpan<byte> rest = data[(end + 1)..];
        if (type == "tEXt")
        {
            texts.Add(new PngText(keyword, Encoding.Latin1.GetString(rest)));
            return;
        }
        if (rest.Length < 2 || rest[0] != 0)                         // compressed texts are left out
            return;
        rest = rest[2..];
        for (int field = 0; field < 2; field++)                      // language tag and translated keyword
        {
            int separator = rest.IndexOf((byte)0);
            if (separator < 0)
                return;
            rest = rest[(separator + 1)..];
        }
        texts.Add(new PngText(keyword, Encoding.UTF8.GetString(rest)));
    }

    private static string DescribeOther(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return "JPEG";
        if (head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual("WEBP"u8))
            return "WebP";
        if (head.StartsWith("GIF8"u8))
            return "GIF";
        if (head.StartsWith("BM"u8))
            return "BMP";
        ReadOnlySpan<byte> text = head.TrimStart(" \t\r\n\uFEFF"u8);
        return text.StartsWith("<svg"u8) || text.StartsWith("<?xml"u8) ? "SVG" : "unknown";
    }
}
