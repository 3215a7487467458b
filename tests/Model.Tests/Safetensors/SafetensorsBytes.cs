using System.Buffers.Binary;
using System.Text;

namespace Ditto.Tests.Safetensors;

/// <summary>Makes safetensors files by hand, good and bad ones.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file with a header of this text and this many bytes of data (0, 1, 2, ...).</summary>
    public static byte[] File(string header, int dataByteCount) => File(Encoding.UTF8.GetBytes(header), dataByteCount);

    /// <summary>A file with a header of these bytes and this many bytes of data.</summary>
    public static byte[] File(byte[] header, int dataByteCount) => WithLength((ulong)header.Length, header, dataByteCount);

    /// <summary>A file whose header length need not be true.</summary>
    public static byte[] WithLength(ulong length, byte[] header, int dataByteCount)
    {
        byte[] file = new byte[8 + header.Length + dataByteCount];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        header.CopyTo(file, 8);
        for (int i = 0; i < dataByteCount; i++)
            file[8 + header.Length + i] = (byte)i;
        return file;
    }

    /// <summary>One entry of a header.</summary>
    public static string Tensor(string name, string dtype, string shape, string offsets) =>
        $"\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":{offsets}}}";

    /// <summary>A header of entries.</summary>
    public static string Header(params string[] entries) => "{" + string.Join(",", entries) + "}";

    /// <summary>A header with one tensor "w".</summary>
    public static string One(string dtype, string shape, string offsets) => Header(Tensor("w", dtype, shape, offsets));
}
