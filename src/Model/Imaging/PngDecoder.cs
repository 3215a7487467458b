using System.Buffers.Binary;
using System.IO.Compression;

namespace Ditto.Imaging;

/// <summary>Takes the chunks of one PNG file and makes the picture of them.</summary>
/// <param name="name">Path or name for messages.</param>
internal sealed class PngDecoder(string name) : IDisposable
{
    /// <summary>No deflate stream grows to more than 1032 times its size.</summary>
    private const long MaxDeflateRatio = 1032;

    private readonly MemoryStream compressed = new();
    private int width, height, colourType, channels;
    private byte[]? palette, paletteAlpha;
    private bool hasData;

    /// <summary>True after the last chunk.</summary>
    public bool IsComplete { get; private set; }

    public void Dispose() => compressed.Dispose();

    /// <summary>Takes a chunk; those that do not change the pixels are skipped, whatever they hold.</summary>
    public void Take(string type, ReadOnlySpan<byte> data)
    {
        if (width == 0 && type != "IHDR")
            throw Error($"IHDR must come first, found {Configuration.Quoted.Text(type)}");
        switch (type)
        {
            case "IHDR": ReadHeader(data); break;
            case "PLTE": palette = data.ToArray(); break;
            case "tRNS": paletteAlpha = data.ToArray(); break;
            case "IDAT":
                compressed.Write(data);
                hasData = true;
                break;
            case "IEND": IsComplete = true; break;
            default:
                if (char.IsAsciiLetterUpper(type[0]))
                    throw Error($"unknown critical chunk {Configuration.Quoted.Text(type)}");
                break;
        }
    }

    /// <summary>The picture, once every chunk was taken.</summary>
    public Image Finish()
    {
        if (!hasData)
            throw Error("no pixels: IDAT is missing");
        byte[] rows = Inflate();
        int length = width * channels;
        byte[] pixels = new byte[height * length];
        ReadOnlySpan<byte> above = new byte[length];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> stored = rows.AsSpan(y * (length + 1), length + 1);
            if (stored[0] >= PngFilter.Count)
                throw Error($"row {y} has the unknown filter {stored[0]}");
            Span<byte> row = pixels.AsSpan(y * length, length);
            stored[1..].CopyTo(row);
            PngFilter.Undo(stored[0], row, above, channels);
            above = row;
        }
        return colourType == 3 ? Expand(pixels) : new Image(width, height, channels, pixels);
    }

    private void ReadHeader(ReadOnlySpan<byte> data)
    {
        if (width != 0 || data.Length != 13)
            throw Error("IHDR is repeated or has the wrong length");
        uint w = BinaryPrimitives.ReadUInt32BigEndian(data), h = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (w == 0 || h == 0)
            throw Error($"size {w}x{h}: both sides must be at least 1");
        if (w > int.MaxValue || h > int.MaxValue || (ulong)w * h > PngReader.MaxPixelCount)
            throw Error($"{w}x{h} pixels exceed limit {PngReader.MaxPixelCount}");
        if (data[8] != 8)
            throw Error($"{data[8]} bits a channel are not supported; 8 needed");
        if (data[10] != 0 || data[11] != 0)
            throw Error($"compression {data[10]} and filter method {data[11]} are not supported; 0 needed");
        if (data[12] != 0)
            throw Error("interlaced files are not supported");
        colourType = data[9];
        channels = colourType switch
        {
            0 or 3 => 1,
            2 => 3,
            4 => 2,
            6 => 4,
            _ => throw Error($"colour type {colourType} does not exist"),
        };
        (width, height) = ((int)w, (int)h);
    }

    private byte[] Inflate()
    {
        long expected = (long)height * (width * channels + 1L);
        if (compressed.Length * MaxDeflateRatio < expected)          // found out before memory is taken for pixels that cannot come
            throw Error($"less data than declared: {compressed.Length} compressed bytes cannot hold {expected}");
        byte[] rows = new byte[expected];
        compressed.Position = 0;
        try
        {
            using ZLibStream zlib = new(compressed, CompressionMode.Decompress);
            int read = zlib.ReadAtLeast(rows, rows.Length, throwOnEndOfStream: false);
            if (read < rows.Length)
                throw Error($"less data than declared: {read} of {expected} bytes");
            if (zlib.ReadByte() >= 0)
                throw Error($"more data than declared: over {expected} bytes");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new ImageFormatException(name, "the compressed pixels are damaged", e);
        }
        return rows;
    }

    /// <summary>Colours of a palette in place of its indices, with alpha where the file has it.</summary>
    private Image Expand(byte[] indices)
    {
        if (palette is null || palette.Length % 3 != 0)
            throw Error("the palette is missing or damaged");
        int count = palette.Length / 3, size = paletteAlpha is null ? 3 : 4;
        byte[] pixels = new byte[indices.Length * size];
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            if (index >= count)
                throw Error($"a pixel has colour {index}, the palette has {count}");
            palette.AsSpan(index * 3, 3).CopyTo(pixels.AsSpan(i * size));
            if (paletteAlpha is not null)
                pixels[i * size + 3] = index < paletteAlpha.Length ? paletteAlpha[index] : byte.MaxValue;
        }
        return new Image(width, height, size, pixels);
    }

    private ImageFormatException Error(string problem) => new(name, problem);
}
