using Ditto.Caching.Updates;
using NUnit.Framework;

namespace Ditto.Caching.Tests.Updates;

/// <summary>The updates that promise to be exact, on what they promise it for.</summary>
public sealed class PolynomialForecastTests
{
    [Test]
    public void Newton_predicts_polynomials_of_its_order_at_any_spacing([Range(0, 7)] int order, [Values] bool isRising)
    {
        Random random = new(order);
        for (int i = 0; i < 50; i++)
        {
            (double[] computed, double position) = Forecast.RandomHistory(random, order + 1, isRising);
            double[] weights = [.. Enumerable.Range(0, order + 1).Select(_ => random.NextDouble() - 0.5)];
            double Feature(double s) => weights.Reverse().Aggregate(0.0, (sum, weight) => sum * s / 10 + weight);
            double[] coefficients = Forecast.Coefficients(new NewtonForecast(order), position, computed);
            double forecast = coefficients.Zip(computed, (c, p) => c * Feature(p)).Sum();
            Assert.That(forecast, Is.EqualTo(Feature(position)).Within(1e-11 * coefficients.Sum(Math.Abs)));
        }
    }

    [Test]
    public void Newton_on_even_spacing_has_the_sheets_weights([Range(1, 5)] int k)
    {
        const double interval = 6;
        double c1 = k, c2 = k * (k + interval) / 2, c3 = k * (k + interval) * (k + 2 * interval) / 6;
        double d1 = c1 / interval, d2 = c2 / Math.Pow(interval, 2), d3 = c3 / Math.Pow(interval, 3);
        double[] expected = [1 + d1 + d2 + d3, -d1 - 2 * d2 - 3 * d3, d2 + 3 * d3, -d3];
        Assert.That(Forecast.Coefficients(new NewtonForecast(3), 18 + k, 18, 12, 6, 0), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void Newton_and_Taylor_agree_up_to_order_1([Values(0, 1)] int order)
    {
        (double[] computed, double position) = Forecast.RandomHistory(new Random(order), 5);
        double[] taylor = Forecast.Coefficients(new TaylorForecast(order), position, computed);
        Assert.That(Forecast.Coefficients(new NewtonForecast(order), position, computed), Is.EqualTo(taylor).Within(1e-14));
    }

    [TestCase(1, 1)]
    [TestCase(2, 2, -1)]
    [TestCase(3, 3, -3, 1)]
    [TestCase(4, 4, -6, 4, -1)]
    public void Adams_has_binomial_weights_on_even_spacing(int order, params double[] expected)
    {
        const double h = 0.3;
        double[] computed = [.. Enumerable.Range(1, order).Select(i => 2 - i * h)];
        Assert.That(Forecast.Coefficients(new AdamsForecast(order), 2, computed), Is.EqualTo(expected).Within(1e-12));
        double[] exponential = [.. expected.Select((c, i) => c * Math.Exp((i + 1) * h))];
        Assert.That(
            Forecast.Coefficients(new AdamsForecast(order, AdamsForm.Exponential), 2, computed), Is.EqualTo(exponential).Within(1e-11));
        Assert.That(expected.Sum(Math.Abs), Is.EqualTo(Math.Pow(2, order) - 1), "what its own forecasts would be multiplied by");
    }

    [Test]
    public void Adams_equals_the_product_form_and_is_exact_below_its_order([Range(1, 4)] int order)
    {
        Random random = new(order);
        for (int i = 0; i < 50; i++)
        {
            (double[] computed, double position) = Forecast.RandomHistory(random, order);
            double[] lagrange = [.. computed.Select((own, k) =>
                computed.Where((_, j) => j != k).Aggregate(1.0, (product, other) => product * (position - other) / (own - other)))];
            double tolerance = 1e-12 * lagrange.Sum(Math.Abs);
            Assert.That(Forecast.Coefficients(new AdamsForecast(order), position, computed), Is.EqualTo(lagrange).Within(tolerance));
            double Damped(double lambda) => Math.Exp(lambda / 8) * Math.Pow(lambda / 8, order - 1);
            double[] eighth = [.. computed.Select(at => at / 8)];
            double forecast = Forecast.Of(
                new AdamsForecast(order, AdamsForm.Exponential), lambda => Damped(8 * lambda), position / 8, eighth);
            Assert.That(forecast, Is.EqualTo(Damped(position)).Within(1e-9 * Math.Max(1, Math.Abs(Damped(position)))));
        }
    }

    /// <summary>Eq 44 of the survey (arXiv:2510.19755), with the older lambda where it misprints, for variance-preserving points.</summary>
    [Test]
    public void The_ratio_of_Adams_equals_the_published_equation()
    {
        Random random = new(44);
        for (int i = 0; i < 100; i++)
        {
            double h = 0.05 + random.NextDouble(), older = 6 * random.NextDouble() - 3, next = older + 2 * h;
            double sigma = 1 / Math.Sqrt(1 + Math.Exp(2 * next)), alpha = sigma * Math.Exp(next);
            double ratio = alpha * h / (3 * Math.Exp(-h) * alpha * h - 2 * sigma * Math.Exp(older) * (Math.Exp(h) - 1));
            double[] actual = Forecast.Coefficients(new AdamsForecast(1, AdamsForm.Ratio), older + h, older);
            Assert.That(actual[0], Is.EqualTo(ratio).Within(1e-12 * ratio));
        }
        Assert.That(Forecast.Coefficients(new AdamsForecast(1, AdamsForm.Ratio), 1e-6, 0)[0], Is.EqualTo(1).Within(1e-9), "h = 1e-6");
        Assert.That(Forecast.Coefficients(new AdamsForecast(1, AdamsForm.Ratio), 0.1, 0)[0], Is.EqualTo(1.0077).Within(5e-5), "h = 0.1");
    }

    [Test]
    public void Adams_refuses_a_falling_lambda([Values(AdamsForm.Exponential, AdamsForm.Ratio)] AdamsForm form) => Assert.That(
        () => Forecast.Coefficients(new AdamsForecast(1, form), 1, 2), Throws.ArgumentException.With.Message.Contains("found 1 after 2"));

    [Test]
    public void Foca_has_the_sheets_weights()
    {
        Assert.That(Forecast.Coefficients(new FocaForecast(), 1, 0, -1, -2), Is.EqualTo(new[] { 29 / 12.0, -11 / 6.0, 5 / 12.0 }).Within(1e-14));
        Assert.That(Forecast.Of(new FocaForecast(), s => s * s, 1, 0, -1, -2), Is.EqualTo(-1 / 6.0).Within(1e-14));
    }

    /// <summary>Predictor and corrector as the equations stand, on values, at spacings that differ.</summary>
    [Test]
    public void Foca_equals_its_equations_at_any_spacing()
    {
        Random random = new(48);
        for (int i = 0; i < 100; i++)
        {
            (double[] at, double position) = Forecast.RandomHistory(random, 3);
            double[] f = [random.NextDouble(), random.NextDouble(), random.NextDouble()];
            double h = position - at[0], w = h / (at[0] - at[1]), slopeNear = (f[0] - f[1]) / (at[0] - at[1]);
            double slope = slopeNear + (at[0] - at[1]) * (slopeNear - (f[1] - f[2]) / (at[1] - at[2])) / (at[0] - at[2]);
            double predicted = ((1 + w) * (1 + w) * f[0] - w * w * f[1] + (1 + w) * h * slope) / (1 + 2 * w);
            double corrected = f[0] + h / 2 * (slope + (predicted - f[0]) / h);
            double actual = Forecast.Coefficients(new FocaForecast(), position, at).Zip(f, (c, value) => c * value).Sum();
            Assert.That(actual, Is.EqualTo(corrected).Within(1e-12 * Math.Max(1, Math.Abs(corrected))));
        }
    }

    [Test]
    public void Foca_with_two_results_is_Taylor_of_order_1()
    {
        double[] taylor = Forecast.Coefficients(new TaylorForecast(1), 9, 6, 2);
        Assert.That(Forecast.Coefficients(new FocaForecast(), 9, 6, 2), Is.EqualTo(taylor).Within(1e-14));
    }

    /// <summary>A circulating code does not divide by the gap: computed at 0, 1, 4 it takes a straight line to 6 at step 5.</summary>
    [Test]
    public void Foca_does_not_overshoot_a_straight_line() =>
        Assert.That(Forecast.Of(new FocaForecast(), s => s, 5, 4, 1, 0), Is.EqualTo(5).Within(1e-12));
}
