namespace Ditto.Imaging;

/// <summary>How far two pictures are apart.</summary>
public static class ImageMetrics
{
    /// <summary>Mean of the squared differences.</summary>
    /// <param name="first">Values of one picture.</param>
    /// <param name="second">Values of the other, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are no values.</exception>
    public static double MeanSquaredError(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        CheckLengths(first.Length, second.Length);
        double sum = 0;
        for (int i = 0; i < first.Length; i++)
            sum += ((double)first[i] - second[i]) * ((double)first[i] - second[i]);
        return sum / first.Length;
    }

    /// <summary>Mean of the squared differences of 8-bit values.</summary>
    /// <param name="first">Values of one picture, 0..255.</param>
    /// <param name="second">Values of the other, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are no values.</exception>
    public static double MeanSquaredError(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        CheckLengths(first.Length, second.Length);
        long sum = 0;
        for (int i = 0; i < first.Length; i++)
            sum += (first[i] - second[i]) * (first[i] - second[i]);
        return (double)sum / first.Length;
    }

    /// <summary>Peak signal-to-noise ratio in dB: 10 log10(peak^2 / MSE); infinite for equal pictures.</summary>
    /// <param name="meanSquaredError">Mean of the squared differences.</param>
    /// <param name="peak">Range of the values: 255 for bytes, 2 for [-1, 1].</param>
    public static double PeakSignalToNoise(double meanSquaredError, double peak) => 10 * Math.Log10(peak * peak / meanSquaredError);

    private static void CheckLengths(int first, int second)
    {
        if (first != second || first == 0)
            throw new ArgumentException($"pictures of {first} and {second} values cannot be compared", nameof(first));
    }
}
