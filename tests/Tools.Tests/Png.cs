using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>A PNG file read by the letter of its specification (W3C PNG, third edition), apart from the project's own reader.</summary>
internal sealed class Png
{
    private const int HeaderLength = 8, ChunkFrame = 12;
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly List<byte> compressed = [];

    private Png(byte[] file)
    {
        Assert.That(file.Take(HeaderLength), Is.EqualTo(Signature));
        for (int at = HeaderLength; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            string name = Encoding.ASCII.GetString(file, at + 4, 4);
            ReadOnlySpan<byte> data = file.AsSpan(at + 8, length);
            uint crc = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length));
            Assert.That(Crc(file.AsSpan(at + 4, length + 4)), Is.EqualTo(crc), $"CRC of {name}");
            Take(name, data);
            at += length + ChunkFrame;
        }
        using ZLibStream inflated = new(new MemoryStream([.. compressed]), CompressionMode.Decompress);
        using MemoryStream rows = new();
        inflated.CopyTo(rows);
        Assert.That(rows.Length, Is.EqualTo((long)Height * (1 + (Width * Channels))), "one filter byte and the pixels a row");
    }

    public int Width { get; private set; }

    public int Height { get; private set; }

    public int Channels { get; private set; }

    public Dictionary<string, string> Texts { get; } = [];

    public static Png Read(string path) => new(File.ReadAllBytes(path));

    private void Take(string name, ReadOnlySpan<byte> data)
    {
        switch (name)
        {
            case "IHDR":
                Width = BinaryPrimitives.ReadInt32BigEndian(data);
                Height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
                Assert.That(data[8], Is.EqualTo(8), "bit depth");
                Channels = data[9] switch { 0 => 1, 2 => 3, _ => throw new AssertionException($"colour type {data[9]}") };
                break;
            case "IDAT":
                compressed.AddRange(data);
                break;
            case "tEXt":
                int end = data.IndexOf((byte)0);
                Texts.Add(Encoding.Latin1.GetString(data[..end]), Encoding.Latin1.GetString(data[(end + 1)..]));
                break;
            case "iTXt":
                int keyword = data.IndexOf((byte)0);
                ReadOnlySpan<byte> rest = data[(keyword + 3)..];       // compression flag and method are both 0
                rest = rest[(rest.IndexOf((byte)0) + 1)..];            // language
                rest = rest[(rest.IndexOf((byte)0) + 1)..];            // translated keyword
                Texts.Add(Encoding.Latin1.GetString(data[..keyword]), Encoding.UTF8.GetString(rest));
                break;
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
