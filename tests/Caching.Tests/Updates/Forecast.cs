using Ditto.Caching.Updates;

namespace Ditto.Caching.Tests.Updates;

/// <summary>Short ways to what an update answers.</summary>
internal static class Forecast
{
    /// <summary>The coefficients, newest result first.</summary>
    public static double[] Coefficients(IUpdate update, double position, params double[] computed)
    {
        double[] coefficients = new double[computed.Length];
        Array.Fill(coefficients, double.NaN);                        // whoever leaves one out is seen
        update.Predict(computed, position, coefficients);
        return coefficients;
    }

    /// <summary>The forecast of a function of the position.</summary>
    public static double Of(IUpdate update, Func<double, double> feature, double position, params double[] computed) =>
        Coefficients(update, position, computed).Zip(computed, (c, p) => c * feature(p)).Sum();

    /// <summary>Positions of a history, newest first, and one to predict, with gaps of 0.5 to 4.</summary>
    public static (double[] Computed, double Position) RandomHistory(Random random, int count, bool isRising = true)
    {
        double sign = isRising ? 1 : -1, at = random.NextDouble() * 10, position = at;
        double[] computed = new double[count];
        for (int k = 0; k < count; k++)
            computed[k] = at -= sign * (0.5 + 3.5 * random.NextDouble());
        return (computed, position);
    }
}
