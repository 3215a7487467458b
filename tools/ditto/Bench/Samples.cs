namespace Ditto.CommandLine;

/// <summary>Repeated measurements of one time, in seconds.</summary>
internal sealed class Samples
{
    private readonly List<double> seconds = [];

    public int Count => seconds.Count;

    public double Median => Quantile(0.5);

    public double Min => Quantile(0);

    public void Add(double value) => seconds.Add(value);

    /// <summary>The value below which this part of the samples lies, interpolated; NaN where there are none.</summary>
    /// <param name="part">0 (the least) to 1 (the greatest).</param>
    public double Quantile(double part)
    {
        if (seconds.Count == 0) return double.NaN;
        double[] sorted = [.. seconds.Order()];
        double position = part * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
