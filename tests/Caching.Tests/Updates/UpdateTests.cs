using Ditto.Caching.Updates;
using NUnit.Framework;

namespace Ditto.Caching.Tests.Updates;

/// <summary>What every update keeps to, whatever its rule.</summary>
public sealed class UpdateTests
{
    private static readonly string[] All =
    [
        "reuse", "taylor(0)", "taylor(1)", "taylor(3)", "taylor(7)", "taylor(2,sigma=0.7)", "taylor(2,since=2)", "newton(0)", "newton(1)",
        "newton(2)", "newton(7)", "hermite(0)", "hermite(1)", "hermite(3,sigma=0.71)", "hermite(7)", "adams(1)", "adams(2)", "adams(4)",
        "adams(1,form=ratio)", "adams(3,form=exponential)", "foca",
    ];

    private static IEnumerable<string> Scaling => All.Where(text => text.Contains("form", StringComparison.Ordinal));

    private static IEnumerable<string> Affine => All.Except(Scaling);                       // a constant stays what it is

    private static IEnumerable<string> Signless => Affine.Where(text => !text.Contains("since", StringComparison.Ordinal));

    [Test]
    public void Every_history_gets_all_its_coefficients([ValueSource(nameof(All))] string text, [Range(1, CacheUpdates.MaxHistory)] int count)
    {
        IUpdate update = CacheUpdates.Parse(text);
        (double[] computed, double position) = Forecast.RandomHistory(new Random(count), count);
        double[] coefficients = Forecast.Coefficients(update, position, computed);
        Assert.That(coefficients, Has.All.Matches<double>(double.IsFinite));
        Assert.That(coefficients.Skip(update.HistoryLength), Has.All.Zero, "results beyond the history");
        double[] newest = computed[..Math.Min(count, update.HistoryLength)];
        Assert.That(Forecast.Coefficients(update, position, newest), Is.EqualTo(coefficients[..newest.Length]), "older results change nothing");
    }

    [Test]
    public void A_single_result_is_reused([ValueSource(nameof(Affine))] string text) =>
        Assert.That(Forecast.Coefficients(CacheUpdates.Parse(text), 9, 4), Is.EqualTo(new double[] { 1 }));

    [TestCase("taylor(0)")]
    [TestCase("taylor(0,since=3)")]
    [TestCase("newton(0)")]
    [TestCase("hermite(0)")]
    [TestCase("adams(1)")]
    public void Order_0_is_reuse_bit_for_bit(string text) => Assert.That(
        Forecast.Coefficients(CacheUpdates.Parse(text), 9.5, 7, 4, 1), Is.EqualTo(Forecast.Coefficients(new ReuseLast(), 9.5, 7, 4, 1)));

    [Test]
    public void A_constant_stays_what_it_is([ValueSource(nameof(Affine))] string text)
    {
        Random random = new(7);
        for (int i = 0; i < 100; i++)
        {
            (double[] computed, double position) = Forecast.RandomHistory(random, random.Next(1, 9));
            double[] coefficients = Forecast.Coefficients(CacheUpdates.Parse(text), position, computed);
            Assert.That(coefficients.Sum(), Is.EqualTo(1).Within(1e-12 * coefficients.Sum(Math.Abs)));
        }
    }

    /// <summary>Forward differences with a positive distance, or reversed ones with a negative: mixing them is the known fault.</summary>
    [Test]
    public void Time_may_run_down([ValueSource(nameof(Signless))] string text, [Range(1, 8)] int count)
    {
        (double[] computed, double position) = Forecast.RandomHistory(new Random(count), count);
        double[] rising = Forecast.Coefficients(CacheUpdates.Parse(text), position, computed);
        double[] falling = Forecast.Coefficients(CacheUpdates.Parse(text), -position, [.. computed.Select(at => -at)]);
        Assert.That(falling, Is.EqualTo(rising).Within(1e-12 * rising.Sum(Math.Abs)));
    }

    [Test]
    public void Forecasts_do_not_allocate([ValueSource(nameof(All))] string text)
    {
        IUpdate update = CacheUpdates.Parse(text);
        double[] computed = [9, 8, 6, 5, 4, 2, 1, 0], coefficients = new double[computed.Length];
        update.Predict(computed, 11, coefficients);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            update.Predict(computed, 11 + i, coefficients);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [TestCase(new double[0], 1, 0, "1 to 8 computed results, found 0")]
    [TestCase(new double[] { 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 10, 9, "1 to 8 computed results, found 9")]
    [TestCase(new double[] { 2, 1 }, 3, 1, "2 results, room for 1")]
    [TestCase(new double[] { 2, 1 }, 2, 2, "computed[0] is 2 after 2")]
    [TestCase(new double[] { 2, 1 }, 1.5, 2, "computed[1] is 1 after 2")]
    [TestCase(new double[] { 2, 1, 1 }, 3, 3, "computed[2] is 1 after 1")]
    [TestCase(new double[] { 2, double.NaN }, 3, 2, "computed[1] is NaN after 2")]
    [TestCase(new double[] { 2, double.NegativeInfinity }, 3, 2, "computed[1] is -Infinity after 2")]
    [TestCase(new double[] { 2, 1 }, double.NaN, 2, "computed[0] is 2 after NaN")]
    public void What_no_history_looks_like_is_refused(double[] computed, double position, int room, string expected)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (string text in All)
            {
                Assert.That(
                    () => CacheUpdates.Parse(text).Predict(computed, position, new double[room]),
                    Throws.ArgumentException.With.Message.Contains(expected),
                    text);
            }
        }
    }
}
