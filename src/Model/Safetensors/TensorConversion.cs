using System.Numerics;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>Widens stored elements to f32. Exact for every floating-point type but F64, and for integers up to 2^24.</summary>
public static class TensorConversion
{
    private static readonly float[] E4M3 = Table(bits => (bits & 0x7F) == 0x7F ? float.NaN : Small(bits, exponentBits: 4, bias: 7));
    private static readonly float[] E5M2 = Table(bits => (float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8)));

    /// <summary>Converts elements.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="source">Little-endian elements, unaligned or not.</param>
    /// <param name="destination">Takes one f32 for each element; may be longer.</param>
    /// <exception cref="ArgumentException">The source is no whole number of elements, or the destination is too short.</exception>
    public static void ToSingle(DType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        int size = type.ByteSize();
        int count = source.Length / size;
        if (count * size != source.Length)
            throw new ArgumentException($"{source.Length} bytes are no whole number of elements of {size} bytes", nameof(source));
        if (destination.Length < count)
            throw new ArgumentException($"{count} elements do not fit into {destination.Length}", nameof(destination));
        Span<float> to = destination[..count];
        switch (type)
        {
            case DType.F32: source.CopyTo(MemoryMarshal.AsBytes(to)); break;
            case DType.BF16: WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(source), to); break;
            case DType.F16: WidenHalf(MemoryMarshal.Cast<byte, ushort>(source), to); break;
            case DType.F8E4M3: LookUp(source, to, E4M3); break;
            case DType.F8E5M2: LookUp(source, to, E5M2); break;
            case DType.F64: Each<double>(source, to); break;
            case DType.I64: Each<long>(source, to); break;
            case DType.I32: Each<int>(source, to); break;
            case DType.I16: Each<short>(source, to); break;
            case DType.I8: Each<sbyte>(source, to); break;
            case DType.U64: Each<ulong>(source, to); break;
            case DType.U32: Each<uint>(source, to); break;
            case DType.U16: Each<ushort>(source, to); break;
            case DType.U8: Each<byte>(source, to); break;
            case DType.Bool: LookUp(source, to, Table(bits => bits == 0 ? 0f : 1f)); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "no element type");
        }
    }

    private static void Each<T>(ReadOnlySpan<byte> source, Span<float> destination)
        where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(source);
        for (int i = 0; i < values.Length; i++)
            destination[i] = float.CreateTruncating(values[i]);
    }

    private static void LookUp(ReadOnlySpan<byte> source, Span<float> destination, float[] table)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = table[source[i]];
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            Vector.AsVectorSingle(low << 16).CopyTo(destination[i..]);
            Vector.AsVectorSingle(high << 16).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    private static void WidenHalf(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            HalfToSingle(low).CopyTo(destination[i..]);
            HalfToSingle(high).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
    }

    /// <summary>Moves exponent and mantissa into place and scales by 2^112, the difference of the biases: exact, also for denormals.</summary>
    private static Vector<float> HalfToSingle(Vector<uint> bits)
    {
        Vector<uint> magnitude = (bits & new Vector<uint>(0x7FFF)) << 13;
        Vector<float> scaled = Vector.AsVectorSingle(magnitude) * new Vector<float>(BitConverter.UInt32BitsToSingle((112u + 127) << 23));
        Vector<uint> special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7C00u << 13)) & new Vector<uint>(0x7F80_0000);
        return Vector.AsVectorSingle(Vector.AsVectorUInt32(scaled) | special | ((bits & new Vector<uint>(0x8000)) << 16));
    }

    private static float[] Table(Func<int, float> convert) => [.. Enumerable.Range(0, 256).Select(convert)];

    /// <summary>A float of one byte with the given exponent; a zero exponent means a denormal.</summary>
    private static float Small(int bits, int exponentBits, int bias)
    {
        int mantissaBits = 7 - exponentBits;
        int exponent = (bits & 0x7F) >> mantissaBits, mantissa = bits & ((1 << mantissaBits) - 1);
        double magnitude = exponent == 0
            ? Math.ScaleB(mantissa, 1 - bias - mantissaBits)
            : Math.ScaleB((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
        return (float)((bits & 0x80) == 0 ? magnitude : -magnitude);
    }
}
