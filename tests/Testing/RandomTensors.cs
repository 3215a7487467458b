namespace Ditto.Testing;

/// <summary>Random values from a fixed seed: the same on every run and machine.</summary>
/// <param name="seed">The seed.</param>
public sealed class RandomTensors(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Normal values.</summary>
    /// <param name="count">How many.</param>
    /// <param name="scale">Standard deviation.</param>
    /// <param name="mean">Mean.</param>
    public float[] Normal(long count, float scale = 1, float mean = 0)
    {
        float[] values = new float[count];
        for (long i = 0; i < count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + (scale * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }
        return values;
    }

    /// <summary>Uniform values.</summary>
    /// <param name="count">How many.</param>
    /// <param name="low">Lower bound.</param>
    /// <param name="high">Upper bound.</param>
    public float[] Uniform(long count, float low, float high)
    {
        float[] values = new float[count];
        for (long i = 0; i < count; i++) values[i] = low + ((high - low) * random.NextSingle());
        return values;
    }

    /// <summary>Uniform integers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="low">Lowest value.</param>
    /// <param name="high">One more than the highest value.</param>
    public int[] Integers(long count, int low, int high)
    {
        int[] values = new int[count];
        for (long i = 0; i < count; i++) values[i] = random.Next(low, high);
        return values;
    }
}
