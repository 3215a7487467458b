using System.Buffers.Binary;
using System.Text;

namespace Ditto.Imaging;

/// <summary>The outer form of a PNG file (ISO/IEC 15948): a signature, then chunks of length, type, data and checksum.</summary>
internal static class PngChunk
{
    /// <summary>Bytes of a chunk beside its data.</summary>
    public const int OverheadByteCount = 12;

    /// <summary>Bytes of a chunk before its data: length and type.</summary>
    public const int HeadByteCount = 8;

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(i => CrcOfByte((uint)i))];

    /// <summary>The first eight bytes of every PNG file.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Writes one chunk.</summary>
    public static void Write(Stream stream, string type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[data.Length + OverheadByteCount];
        BinaryPrimitives.WriteUInt32BigEndian(chunk, (uint)data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(HeadByteCount));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(HeadByteCount + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        stream.Write(chunk);
    }

    /// <summary>CRC-32 of a chunk's type and data.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
            crc = CrcTable[(crc ^ b) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    private static uint CrcOfByte(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1;
        return value;
    }
}
