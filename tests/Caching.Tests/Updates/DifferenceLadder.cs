namespace Ditto.Caching.Tests.Updates;

/// <summary>
/// The released codes of TaylorSeer and HiCache with their state as they keep it: difference tensors, renewed at every computed step.
/// Written from the method sheets' pseudocode; knows nothing of coefficients.
/// </summary>
internal sealed class DifferenceLadder(int maxOrder, int firstEnhance)
{
    private List<double[]> differences = [];
    private double lastComputed;

    public void Store(double step, double[] feature)
    {
        double gap = step - lastComputed;
        lastComputed = step;
        List<double[]> renewed = [feature];
        for (int i = 0; i < maxOrder; i++)
        {
            if (i >= differences.Count || !(step > firstEnhance - 2)) break;
            double[] old = differences[i];
            renewed.Add([.. renewed[i].Select((value, e) => (value - old[e]) / gap)]);
        }
        differences = renewed;
    }

    public double[] Taylor(double step, double sigma)
    {
        double k = step - lastComputed;
        return Sum(i => Math.Pow(k, i) / Factorial(i) * Math.Pow(sigma, 2 * i));
    }

    public double[] Hermite(double step, double sigma)
    {
        double x = sigma * (step - lastComputed);
        return Sum(i => i switch
        {
            0 => 1,
            1 => 2 * x,
            2 => 4 * x * x - 2,
            3 => 8 * Math.Pow(x, 3) - 12 * x,
            4 => 16 * Math.Pow(x, 4) - 48 * x * x + 12,
            _ => throw new NotSupportedException($"order {i}"),
        } / Factorial(i) * Math.Pow(sigma, i));
    }

    private double[] Sum(Func<int, double> basis) =>
        [.. differences[0].Select((_, e) => differences.Select((difference, i) => basis(i) * difference[e]).Sum())];

    private static double Factorial(int i) => Enumerable.Range(1, i).Aggregate(1.0, (product, factor) => product * factor);
}
