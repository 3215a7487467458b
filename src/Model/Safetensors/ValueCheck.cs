using System.Numerics;
using System.Runtime.InteropServices;
using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>Looks for NaN and infinity in a tensor's values, in the stored type: nothing is converted.</summary>
internal static class ValueCheck
{
    /// <summary>Checks one tensor; types without NaN pass.</summary>
    /// <exception cref="ModelFormatException">A value is NaN or infinite.</exception>
    public static void Run(TensorEntry tensor)
    {
        int size = tensor.DType.ByteSize();
        tensor.ReadChunks((offset, bytes) =>
        {
            int index = tensor.DType switch
            {
                DType.F64 => First<ulong>(MemoryMarshal.Cast<byte, ulong>(bytes), 0x7FFF_FFFF_FFFF_FFFF, 0x7FF0_0000_0000_0000),
                DType.F32 => First<uint>(MemoryMarshal.Cast<byte, uint>(bytes), 0x7FFF_FFFF, 0x7F80_0000),
                DType.F16 => First<ushort>(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7FFF, 0x7C00),
                DType.BF16 => First<ushort>(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7FFF, 0x7F80),
                DType.F8E5M2 => First<byte>(bytes, 0x7F, 0x7C),
                DType.F8E4M3 => First<byte>(bytes, 0x7F, 0x7F),
                _ => -1,
            };
            if (index >= 0)
                throw Found(tensor, offset / size + index, bytes.Slice(index * size, size));
        });
    }

    /// <summary>Index of the first value whose magnitude bits reach those of infinity, or -1.</summary>
    private static int First<T>(ReadOnlySpan<T> values, T magnitude, T infinity)
        where T : unmanaged, IBinaryInteger<T>
    {
        int i = 0;
        Vector<T> magnitudes = new(magnitude), infinities = new(infinity);
        for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            if (Vector.GreaterThanOrEqualAny(new Vector<T>(values[i..]) & magnitudes, infinities))
                break;
        }
        for (; i < values.Length; i++)
        {
            if ((values[i] & magnitude) >= infinity)
                return i;
        }
        return -1;
    }

    private static ModelFormatException Found(TensorEntry tensor, long index, ReadOnlySpan<byte> element)
    {
        Span<float> value = stackalloc float[1];
        TensorConversion.ToSingle(tensor.DType, element, value);
        return new ModelFormatException(tensor.File, $"{Quoted.Text(tensor.Name)}[{index}] is {(float.IsNaN(value[0]) ? "NaN" : "infinite")}");
    }
}
