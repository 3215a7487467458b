using System.Runtime.InteropServices;

namespace Ditto.Safetensors;

/// <summary>
/// The bytes of one f32 tensor, uniform in (-bound, bound), worked out where they are read: element i depends on the seed and i alone.
/// </summary>
/// <param name="name">A name for messages.</param>
/// <param name="seed">Of the tensor.</param>
/// <param name="bound">Limit of the values, above 0.</param>
/// <param name="elementCount">Elements of the tensor.</param>
internal sealed class RandomTensorData(string name, ulong seed, float bound, long elementCount) : TensorData(name)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    public override long Length => elementCount * sizeof(float);

    public override void Read(long offset, Span<byte> destination)
    {
        if (offset % sizeof(float) != 0 || destination.Length % sizeof(float) != 0)
            throw new ArgumentException($"{destination.Length} bytes from {offset}: random values are read in whole elements", nameof(offset));
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        long first = offset / sizeof(float);
        float scale = bound / (1 << 23);
        int i = 0;
        if (first % 2 != 0 && values.Length > 0) values[i++] = Odd(Pair(first / 2)) * scale;
        for (ulong pair = (ulong)(first + 1) / 2; i + 1 < values.Length; i += 2, pair++)
        {
            ulong bits = Pair((long)pair);
            values[i] = Even(bits) * scale;
            values[i + 1] = Odd(bits) * scale;
        }
        if (i < values.Length) values[i] = Even(Pair((first + i) / 2)) * scale;
    }

    public override bool TryMap(long offset, int byteCount, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return false;
    }

    public override void Dispose()
    {
    }

    /// <summary>64 bits for two elements. Source: Steele, Lea and Flood 2014, SplitMix64.</summary>
    private ulong Pair(long index)
    {
        ulong z = seed + ((ulong)index * Golden);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>24 bits as an odd number in (-2^23, 2^23): never 0, so never a denormal after scaling.</summary>
    private static int Even(ulong bits) => ((int)bits >> 8) | 1;

    private static int Odd(ulong bits) => ((int)(bits >> 32) >> 8) | 1;
}
