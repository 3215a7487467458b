namespace Ditto.Noise;

/// <summary>
/// Normal noise equal to PyTorch's CPU generator, torch.Generator("cpu").manual_seed(seed): mt19937 with PyTorch's own transforms. Values agree
/// to the last bits (2e-6), since PyTorch's vectorised logarithm and cosine round differently. Not safe for several threads.
/// </summary>
public sealed class TorchCpuGenerator
{
    private const int ChunkLength = 16;                              // values that PyTorch transforms at once; fewer take the scalar path
    private const float TwoPi = (float)(2 * Math.PI);

    private readonly MersenneTwister twister;
    private double? kept;                                            // the scalar path makes two values and keeps the second

    /// <summary>A generator in the state that manual_seed leaves.</summary>
    /// <param name="seed">Any seed; PyTorch's CPU generator uses its low 32 bits.</param>
    public TorchCpuGenerator(ulong seed) => twister = new MersenneTwister((uint)seed);

    /// <summary>Equals one call of torch.randn for as many f32 values.</summary>
    /// <param name="values">Takes the values; mean 0, standard deviation 1. The length matters: two calls are not one of the joint length.</param>
    public void FillNormal(Span<float> values)
    {
        if (values.Length < ChunkLength)
        {
            foreach (ref float value in values)
                value = (float)NextScalar();
            return;
        }
        FillUniform(values);
        for (int i = 0; i <= values.Length - ChunkLength; i += ChunkLength)
            Transform(values.Slice(i, ChunkLength));
        if (values.Length % ChunkLength == 0)
            return;
        Span<float> tail = values[^ChunkLength..];                   // drawn anew, over values that were already transformed
        FillUniform(tail);
        Transform(tail);
    }

    /// <summary>As <see cref="FillNormal(Span{float})"/>.</summary>
    /// <param name="values">Takes the values.</param>
    public void FillNormal(float[] values) => FillNormal(values.AsSpan());

    private void FillUniform(Span<float> values)
    {
        foreach (ref float value in values)
            value = (twister.Next() & 0xFF_FFFF) * (1f / 0x100_0000);
    }

    /// <summary>Box-Muller: value j takes its radius from j and its angle from j + 8, and both positions get a result.</summary>
    private static void Transform(Span<float> values)
    {
        const int half = ChunkLength / 2;
        for (int j = 0; j < half; j++)
        {
            float radius = MathF.Sqrt(-2f * (float)Math.Log(1f - values[j]));
            float angle = TwoPi * values[j + half];
            (double sine, double cosine) = Math.SinCos(angle);
            values[j] = radius * (float)cosine;
            values[j + half] = radius * (float)sine;
        }
    }

    private double NextScalar()
    {
        if (kept is { } second)
        {
            kept = null;
            return second;
        }
        double angle = 2 * Math.PI * NextUniform53();
        double radius = Math.Sqrt(-2 * double.LogP1(-NextUniform53()));
        kept = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }

    private double NextUniform53()
    {
        ulong high = twister.Next();
        return (((high << 32) | twister.Next()) & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }
}
