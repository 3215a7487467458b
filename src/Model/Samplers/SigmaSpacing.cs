namespace Ditto.Samplers;

/// <summary>Ways to space noise levels between two ends, all falling from the largest to the smallest.</summary>
internal static class SigmaSpacing
{
    private const double Rho = 7;

    /// <summary>Karras et al. 2022 (arXiv:2206.00364), rho 7: equal steps of sigma^(1/7).</summary>
    public static double[] Karras(double min, double max, int count)
    {
        double low = Math.Pow(min, 1 / Rho), high = Math.Pow(max, 1 / Rho);
        return [.. Numeric.Linspace(0, 1, count).Select(ramp => Math.Pow(high + ramp * (low - high), Rho))];
    }

    /// <summary>Equal steps of log sigma.</summary>
    public static double[] Exponential(double min, double max, int count) =>
        [.. Numeric.Linspace(Math.Log(max), Math.Log(min), count).Select(Math.Exp)];

    /// <summary>"Beta Sampling is All You Need" (arXiv:2407.12173): quantiles of the beta distribution with both parameters 0.6.</summary>
    public static double[] Beta(double min, double max, int count) =>
        [.. Numeric.Linspace(0, 1, count).Select(ramp => min + BetaDistribution.Quantile(1 - ramp, 0.6, 0.6) * (max - min))];
}
