using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>Bit-exact conversions between host numbers and the bytes of tensors; rounding is to nearest even, as kernels do.</summary>
public static class Numbers
{
    /// <summary>The bytes of a tensor with these values.</summary>
    public static byte[] ToBytes(ReadOnlySpan<float> values, DType type)
    {
        byte[] bytes = new byte[values.Length * type.ByteSize()];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> place = bytes.AsSpan(i * type.ByteSize());
            switch (type)
            {
                case DType.F32: BinaryPrimitives.WriteSingleLittleEndian(place, values[i]); break;
                case DType.F64: BinaryPrimitives.WriteDoubleLittleEndian(place, values[i]); break;
                case DType.BF16: BinaryPrimitives.WriteUInt16LittleEndian(place, ToBf16(values[i])); break;
                case DType.F16: BinaryPrimitives.WriteHalfLittleEndian(place, (Half)values[i]); break;
                case DType.I32: BinaryPrimitives.WriteInt32LittleEndian(place, (int)values[i]); break;
                case DType.I64: BinaryPrimitives.WriteInt64LittleEndian(place, (long)values[i]); break;
                case DType.U8 or DType.Bool: place[0] = (byte)values[i]; break;
                default: throw new ArgumentOutOfRangeException(nameof(type), type, "no conversion");
            }
        }
        return bytes;
    }

    /// <summary>The values of a tensor's bytes.</summary>
    public static double[] ToDoubles(ReadOnlySpan<byte> bytes, DType type)
    {
        int size = type.ByteSize();
        double[] values = new double[bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> place = bytes[(i * size)..];
            values[i] = type switch
            {
                DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(place),
                DType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(place),
                DType.BF16 => FromBf16(BinaryPrimitives.ReadUInt16LittleEndian(place)),
                DType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(place),
                DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(place),
                DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(place),
                DType.I8 => (sbyte)place[0],
                DType.U8 or DType.Bool => place[0],
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no conversion"),
            };
        }
        return values;
    }

    /// <summary>The values as the storage type holds them.</summary>
    public static float[] Rounded(ReadOnlySpan<float> values, DType type)
    {
        float[] rounded = new float[values.Length];
        for (int i = 0; i < values.Length; i++) rounded[i] = Round(values[i], type);
        return rounded;
    }

    /// <summary>A value as the storage type holds it.</summary>
    public static float Round(float value, DType type) => type switch
    {
        DType.BF16 => FromBf16(ToBf16(value)),
        DType.F16 => (float)(Half)value,
        _ => value,
    };

    /// <summary>The bf16 nearest to an f32, ties to even; a NaN stays a NaN.</summary>
    public static ushort ToBf16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The f32 that a bf16 stands for.</summary>
    public static float FromBf16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>The values as doubles.</summary>
    public static double[] ToDoubles(ReadOnlySpan<float> values)
    {
        double[] doubles = new double[values.Length];
        for (int i = 0; i < values.Length; i++) doubles[i] = values[i];
        return doubles;
    }

    /// <summary>The bytes of any values.</summary>
    public static byte[] Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();
}
