using System.Buffers.Binary;
using System.IO.Compression;
using Ditto.Imaging;

namespace Ditto.Tests.Imaging;

/// <summary>Makes PNG files by hand, good and bad ones.</summary>
internal static class PngBytes
{
    /// <summary>A file of these chunks and IEND.</summary>
    public static byte[] Png(params (string Type, byte[] Data)[] chunks)
    {
        using MemoryStream stream = new();
        stream.Write(PngChunk.Signature);
        foreach ((string type, byte[] data) in chunks)
            PngChunk.Write(stream, type, data);
        PngChunk.Write(stream, "IEND", []);
        return stream.ToArray();
    }

    /// <summary>The chunk IHDR.</summary>
    public static (string Type, byte[] Data) Header(int width, int height, byte colourType, byte bits = 8, byte interlace = 0)
    {
        byte[] data = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(data, width);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[12]) = (bits, colourType, interlace);
        return ("IHDR", data);
    }

    /// <summary>Bytes as a zlib stream.</summary>
    public static byte[] Deflate(byte[] data)
    {
        using MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Optimal))
            zlib.Write(data);
        return stream.ToArray();
    }

    /// <summary>Makes the checksum of every whole chunk right.</summary>
    public static void RepairChecksums(byte[] file)
    {
        for (int at = 8; at + 12 <= file.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (at + 12 + length > file.Length)
                return;
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), PngChunk.Crc(file.AsSpan(at + 4, 4 + (int)length)));
            at += 12 + (int)length;
        }
    }
}
