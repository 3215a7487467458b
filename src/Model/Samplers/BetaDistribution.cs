namespace Ditto.Samplers;

/// <summary>The beta distribution on [0, 1].</summary>
internal static class BetaDistribution
{
    /// <summary>The point below which a share <paramref name="p"/> of the distribution lies, by bisection: exact to about 1e-15.</summary>
    /// <param name="p">The share, 0..1.</param>
    /// <param name="a">First parameter, positive.</param>
    /// <param name="b">Second parameter, positive.</param>
    public static double Quantile(double p, double a, double b)
    {
        if (p <= 0 || p >= 1)
            return p <= 0 ? 0 : 1;
        double low = 0, high = 1;
        for (double middle = 0.5; middle > low && middle < high; middle = low + (high - low) / 2)
        {
            if (Cumulative(middle, a, b) < p)
                low = middle;
            else
                high = middle;
        }
        return low + (high - low) / 2;
    }

    /// <summary>The regularised incomplete beta function I_x(a, b).</summary>
    public static double Cumulative(double x, double a, double b)
    {
        if (x <= 0 || x >= 1)
            return x <= 0 ? 0 : 1;
        double front = Math.Exp(a * Math.Log(x) + b * Math.Log(1 - x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b));
        return x < (a + 1) / (a + b + 2) ? front * ContinuedFraction(x, a, b) / a : 1 - front * ContinuedFraction(1 - x, b, a) / b;
    }

    /// <summary>The continued fraction of I_x(a, b) by Lentz's method (Abramowitz and Stegun 26.5.8).</summary>
    private static double ContinuedFraction(double x, double a, double b)
    {
        const double tiny = 1e-300;
        double c = 1, d = 1 / NotZero(1 - (a + b) * x / (a + 1), tiny), value = d;
        for (int m = 1; m < 1000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + even * d, tiny);
            c = NotZero(1 + even / c, tiny);
            value *= d * c;
            d = 1 / NotZero(1 + odd * d, tiny);
            c = NotZero(1 + odd / c, tiny);
            value *= d * c;
            if (Math.Abs(d * c - 1) < 1e-16)
                break;
        }
        return value;
    }

    private static double NotZero(double value, double tiny) => Math.Abs(value) < tiny ? tiny : value;

    /// <summary>ln of the gamma function for positive arguments: Stirling's series after shifting the argument above 15.</summary>
    private static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 15; x++)
            shift += Math.Log(x);
        double inverse = 1 / x, square = inverse * inverse;
        double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188))));
        return (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series - shift;
    }
}
