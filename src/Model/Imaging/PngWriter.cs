using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Ditto.Configuration;

namespace Ditto.Imaging;

/// <summary>Writes PNG files: 8 bits a channel, not interlaced, with texts. The same picture gives the same bytes.</summary>
public static class PngWriter
{
    private const int MaxKeywordLength = 79;
    private static readonly byte[] ColourTypes = [0, 0, 4, 2, 6];    // by number of channels

    /// <summary>Writes a file: into a temporary file beside it, which then takes its place.</summary>
    /// <param name="path">Path of the file; one that exists is replaced.</param>
    /// <param name="image">The picture.</param>
    /// <param name="texts">Texts to keep in the file; written as tEXt where they are Latin-1, as iTXt otherwise.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    /// <exception cref="ArgumentException">A keyword or text is not allowed.</exception>
    public static void Write(string path, Image image, params IEnumerable<PngText> texts)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] encoded = Encode(image, texts);
        AtomicFile.Write(path, stream => stream.Write(encoded));
    }

    /// <summary>The bytes of a PNG file.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="texts">Texts to keep in the file.</param>
    /// <exception cref="ArgumentException">A keyword or text is not allowed.</exception>
    public static byte[] Encode(Image image, params IEnumerable<PngText> texts)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(texts);
        using MemoryStream stream = new();
        stream.Write(PngChunk.Signature);
        PngChunk.Write(stream, "IHDR", Header(image));
        foreach (PngText text in texts)
            WriteText(stream, text);
        PngChunk.Write(stream, "IDAT", Compress(image));
        PngChunk.Write(stream, "IEND", []);
        return stream.ToArray();
    }

    private static byte[] Header(Image image)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;                                               // bits a channel; then colour type, deflate, five filters, not interlaced
        header[9] = ColourTypes[image.Channels];
        return header;
    }

    private static byte[] Compress(Image image)
    {
        int length = image.Width * image.Channels;
        byte[] above = new byte[length], filtered = new byte[length], best = new byte[length + 1];
        using MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (int y = 0; y < image.Height; y++)
            {
                ChooseFilter(image.Row(y), above, image.Channels, filtered, best);
                zlib.Write(best);
                image.Row(y).CopyTo(above);
            }
        }
        return stream.ToArray();
    }

    /// <summary>Takes the filter whose differences, read as signed bytes, have the smallest sum of magnitudes.</summary>
    private static void ChooseFilter(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int channels, Span<byte> filtered, Span<byte> best)
    {
        long smallest = long.MaxValue;
        for (int filter = 0; filter < PngFilter.Count; filter++)
        {
            PngFilter.Apply(filter, row, above, channels, filtered);
            long sum = 0;
            foreach (byte difference in filtered)
                sum += Math.Abs((int)(sbyte)difference);
            if (sum >= smallest)
                continue;
            smallest = sum;
            best[0] = (byte)filter;
            filtered.CopyTo(best[1..]);
        }
    }

    private static void WriteText(Stream stream, PngText text)
    {
        bool isKeyword = text.Keyword.Length is > 0 and <= MaxKeywordLength && text.Keyword.All(IsPrintable) && text.Keyword.Trim() == text.Keyword;
        if (!isKeyword)
            throw new ArgumentException($"{Quoted.Text(text.Keyword)} is not 1 to {MaxKeywordLength} printable Latin-1 characters", nameof(text));
        if (text.Text.Contains('\0'))
            throw new ArgumentException($"the text of {Quoted.Text(text.Keyword)} holds a NUL", nameof(text));
        byte[] keyword = Encoding.Latin1.GetBytes(text.Keyword);
        if (text.Text.All(c => c == '\n' || IsPrintable(c)))
            PngChunk.Write(stream, "tEXt", [.. keyword, 0, .. Encoding.Latin1.GetBytes(text.Text)]);
        else
            PngChunk.Write(stream, "iTXt", [.. keyword, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text.Text)]);   // not compressed, no language
    }

    private static bool IsPrintable(char c) => c is (>= ' ' and <= '~') or (>= '\u00A1' and <= '\u00FF');
}
