using Ditto.Caching.Updates;
using NUnit.Framework;

namespace Ditto.Caching.Tests.Updates;

/// <summary>Taylor's and Hermite's forecasts: the released recursions, and the vectors of their method sheets.</summary>
public sealed class LadderForecastTests
{
    private const int Steps = 50, Width = 3;
    private static readonly double He = 1 / Math.Sqrt(2);
    private static readonly Func<double, double> Square = s => s * s;

    /// <summary>Random runs: which steps compute, how long warm-up is, what the features are. Each step in between is forecast both ways.</summary>
    [Test]
    public void Coefficients_equal_the_recursion_on_difference_tensors([Range(0, 4)] int order, [Values(1, 2, 3, 6)] int firstEnhance)
    {
        Random random = new(1000 * order + firstEnhance);
        int compared = 0;
        for (int run = 0; run < 25; run++)
        {
            double sigma = 0.3 + 0.7 * random.NextDouble(), density = 0.1 + 0.5 * random.NextDouble();
            TaylorForecast taylor = new(order, since: firstEnhance - 1), scaled = new(order, sigma, firstEnhance - 1);
            HermiteForecast hermite = new(order, sigma, firstEnhance - 1);
            DifferenceLadder released = new(order, firstEnhance);
            List<(double Step, double[] Feature)> history = [];      // newest first, no longer than the updates ask
            for (int step = 0; step < Steps; step++)
            {
                if (step < firstEnhance || random.NextDouble() < density)
                {
                    double[] feature = [.. Enumerable.Range(0, Width).Select(_ => random.NextDouble() - 0.5)];
                    released.Store(step, feature);
                    history.Insert(0, (step, feature));
                    if (history.Count > taylor.HistoryLength) history.RemoveAt(taylor.HistoryLength);
                    continue;
                }
                Assert.That(Sum(taylor, history, step), Is.EqualTo(released.Taylor(step, 1)).Using<double>(Near), $"taylor, step {step}");
                Assert.That(Sum(scaled, history, step), Is.EqualTo(released.Taylor(step, sigma)).Using<double>(Near), $"scaled, step {step}");
                Assert.That(Sum(hermite, history, step), Is.EqualTo(released.Hermite(step, sigma)).Using<double>(Near), $"hermite, step {step}");
                compared++;
            }
        }
        Assert.That(compared, Is.GreaterThan(200), "steps compared");
    }

    [Test]
    public void Taylor_of_order_2_falls_short_of_a_square_by_N_k([Range(1, 5)] int k)   // the released form is not exact
    {
        const int interval = 6;
        double forecast = Forecast.Of(new TaylorForecast(2), Square, 12 + k, 12, 6, 0);
        Assert.That(forecast, Is.EqualTo(new[] { 163, 184, 207, 232, 259 }[k - 1]).Within(1e-11));
        Assert.That(Square(12 + k) - forecast, Is.EqualTo(interval * k).Within(1e-11));
        Assert.That(Forecast.Of(new NewtonForecast(2), Square, 12 + k, 12, 6, 0), Is.EqualTo(Square(12 + k)).Within(1e-11), "Newton's form");
    }

    [Test]
    public void Taylor_predicts_a_straight_line_at_any_spacing([Range(1, 4)] int order)
    {
        Random random = new(order);
        for (int i = 0; i < 50; i++)
        {
            (double[] computed, double position) = Forecast.RandomHistory(random, random.Next(2, 9));
            double forecast = Forecast.Of(new TaylorForecast(order), s => 3 - 2 * s, position, computed);
            Assert.That(forecast, Is.EqualTo(3 - 2 * position).Within(1e-9));
        }
    }

    [Test]
    public void Taylor_equals_the_published_vector_of_OpenVINO() =>
        Assert.That(Forecast.Of(new TaylorForecast(1), s => 1 + 4 * s, 3, 1, 0), Is.EqualTo(13).Within(1e-12));

    /// <summary>Computed 0, 1, 2, 8 with first_enhance 3: step 1 builds nothing, step 2 D_1, step 8 D_2 as (h + 1) / 2 / h of the true one.</summary>
    [Test]
    public void Warm_up_builds_one_order_a_computed_step()
    {
        TaylorForecast taylor = new(2, since: 2);
        Assert.That(Forecast.Coefficients(taylor, 1.5, 1, 0), Is.EqualTo(new double[] { 1, 0 }), "no difference at step 1");
        Assert.That(Forecast.Coefficients(taylor, 5, 2, 1, 0), Is.EqualTo(new double[] { 4, -3, 0 }), "D_1 alone at step 2");
        const double slopeNow = (64.0 - 4) / 6, slopeBefore = (4.0 - 1) / 1, curvature = (slopeNow - slopeBefore) / 6;
        Assert.That(curvature / 2, Is.EqualTo(3.5 / 6).Within(1e-12), "0.58 of the true second difference");
        Assert.That(Forecast.Of(taylor, Square, 11, 8, 2, 1), Is.EqualTo(64 + 3 * slopeNow + 9 * curvature / 2).Within(1e-11));
    }

    [TestCase(0.5, 7.5)]
    [TestCase(0.7, 8.94)]
    [TestCase(0.71, 9.0246)]
    public void Hermite_bends_a_straight_line_by_its_sigma(double sigma, double expected) =>
        Assert.That(Forecast.Of(new HermiteForecast(2, sigma), s => s, 9, 6, 0), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void Hermite_of_a_square_equals_the_published_vector()
    {
        Assert.That(Forecast.Of(new HermiteForecast(2, 0.5), Square, 14, 12, 6, 0), Is.EqualTo(162.5).Within(1e-11));
        Assert.That(Forecast.Of(new HermiteForecast(2, He), Square, 14, 12, 6, 0), Is.EqualTo(183).Within(1e-11));
    }

    /// <summary>The weight of D_i, seen where the results are 0 but for those that make D_i 1 and every other difference 0.</summary>
    [Test]
    public void Hermite_at_one_over_root_two_has_the_probabilists_polynomials([Range(1, 9)] int k)
    {
        Assert.That(Weight(1, k, He), Is.EqualTo(k).Within(1e-12));
        Assert.That(Weight(2, k, He), Is.EqualTo((k * k - 1) / 2.0).Within(1e-12));
        Assert.That(Weight(3, k, He), Is.EqualTo((k * k * k - 3 * k) / 6.0).Within(1e-11));
    }

    [TestCase(0.5, -0.125, 0.25, 0.875, 2.875)]                      // negative at k = 1: the curvature term changes sign inside a gap
    [TestCase(0.7, -0.0098, 1.4308, 3.8318, 11.515)]
    [TestCase(0.71, 0.0041, 1.5288, 4.0700, 12.2017)]
    [TestCase(1, 1, 7, 17, 49)]
    public void Hermite_weighs_the_second_difference_as_the_sheet_tabulates(double sigma, double at1, double at2, double at3, double at5)
    {
        double[] weights = [Weight(2, 1, sigma), Weight(2, 2, sigma), Weight(2, 3, sigma), Weight(2, 5, sigma)];
        Assert.That(weights, Is.EqualTo(new[] { at1, at2, at3, at5 }).Within(5e-5));
    }

    [TestCase(1, 1.0082, 0.00413362, -0.33743324143866654)]          // as the released function gives them in f64, sigma 0.71
    [TestCase(4, 4.0328, 7.62763792, 8.89828974792533)]
    [TestCase(12, 12.0984, 72.68154128, 289.04425071398384)]
    public void Hermite_weights_equal_the_recorded_ones(int k, params double[] expected)
    {
        double[] weights = [Weight(1, k, 0.71), Weight(2, k, 0.71), Weight(3, k, 0.71)];
        Assert.That(weights, Is.EqualTo(expected).Within(1e-10));
    }

    [Test]
    public void Taylor_and_Hermite_meet_where_they_should([Range(1, 5)] int k)
    {
        double[] taylor = Forecast.Coefficients(new TaylorForecast(1), 6 + k, 6, 0);
        Assert.That(Forecast.Coefficients(new HermiteForecast(1, He), 6 + k, 6, 0), Is.EqualTo(taylor).Within(1e-14));
        Assert.That(Forecast.Coefficients(new HermiteForecast(1, 0.5), 6 + k, 6, 0), Is.EqualTo(new[] { 1 + k / 12.0, -k / 12.0 }).Within(1e-14));
        Assert.That(Forecast.Coefficients(new TaylorForecast(3, sigma: 1), 6 + k, 6, 0, -6), Is.EqualTo(
            Forecast.Coefficients(new TaylorForecast(3), 6 + k, 6, 0, -6)), "scaled by 1");
    }

    private static double Weight(int order, int k, double sigma)
    {
        double[] computed = [0, -1, -2, -3];
        double[] unit = order switch { 1 => [0, -1, -2, -3], 2 => [0, 0, 1, 3], _ => [0, 0, 0, -1] };   // D_order = 1 at 0, the rest 0
        return Forecast.Coefficients(new HermiteForecast(3, sigma), k, computed).Zip(unit, (c, f) => c * f).Sum();
    }

    private static double[] Sum(IUpdate update, List<(double Step, double[] Feature)> history, double position)
    {
        double[] coefficients = Forecast.Coefficients(update, position, [.. history.Select(entry => entry.Step)]);
        return [.. Enumerable.Range(0, Width).Select(e => history.Select((entry, k) => coefficients[k] * entry.Feature[e]).Sum())];
    }

    private static bool Near(double actual, double expected) => Math.Abs(actual - expected) <= 1e-9 * Math.Max(1, Math.Abs(expected));
}
